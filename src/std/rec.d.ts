declare module '*.rec' {
  const text: string;
  export default text;
}
