import type { KubeObject } from "./objects.ts";

/** Objects as JSON, each made once: objects do not change, and many lists and watches send the same ones. */
export class Texts {
  readonly #known = new WeakMap<KubeObject, string>();

  of(object: KubeObject): string {
    const known = this.#known.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
    this.#known.set(object, text);
    return text;
  }
}
