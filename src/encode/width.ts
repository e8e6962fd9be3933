export { widthOf } from '../model/feature-width.js';
