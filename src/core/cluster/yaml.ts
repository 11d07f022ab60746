// What we use of the YAML library, to be loaded with `import()`. Of the library itself, which is CommonJS, the bundler
// gives `import()` no named exports.
export { LineCounter, parseDocument, stringify } from "yaml";
