/**
 * What adapters of WebGPU and renderers of WebGL are called that compute on the processor: SwiftShader, those of Mesa, Direct3D's WARP and
 * Apple's. Written into projects as well, so it is a plain expression.
 */
export const softwareAdapters = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;
