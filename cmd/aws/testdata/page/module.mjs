// An ES module: it runs only if it comes with a JavaScript media type.
export const greeting = "imported";
