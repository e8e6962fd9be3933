/** x^y for x ≥ 0 and 0 ≤ y ≤ 1, in float64 by series. */
function powerOf(x: f32, y: f32): f32 {
  if (y == 0) return 1;
  if (x == 0 || !(x < Infinity)) return x;
  return <f32>exp2(<f64>y * log2(<f64>x));
}

/** Of a normal number: that of its power of two, and ln m = 2·artanh((m - 1)/(m + 1)) of what is left, between √½ and √2. */
function log2(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const t = (m - 1) / (m + 1);
  const square = t * t;
  let sum: f64 = 0;
  for (let k = 15; k >= 1; k -= 2) sum = sum * square + 1 / <f64>k;
  return <f64>exponent + 2.8853900817779268 * t * sum;
}

function exp2(x: f64): f64 {
  const whole = nearest(x);
  const rest = (x - whole) * 0.6931471805599453;
  let sum: f64 = 1;
  for (let k = 12; k >= 1; k--) sum = 1 + (sum * rest) / <f64>k;
  return sum * reinterpret<f64>((<i64>whole + 1023) << 52);
}

/** x^y, lane by lane. The compiler's own power would keep tables where the floats are. */
export function power(x: v128, y: v128): v128 {
  let result = x;
  result = f32x4.replace_lane(result, 0, powerOf(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  result = f32x4.replace_lane(result, 1, powerOf(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  result = f32x4.replace_lane(result, 2, powerOf(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(result, 3, powerOf(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}
