/** The edition of a file that names none. */
export const newestEdition = 1;
