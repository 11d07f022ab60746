import type { Platform } from "../platform.ts";
import type { Step, Vertex } from "./step.ts";

/** All vertices of a build by digest, and which takes what from which. */
export class VertexGraph {
  readonly #vertices = new Map<string, Vertex>();
  readonly #takers = new Map<string, Set<Vertex>>();
  #latest: Vertex | undefined;

  get(digest: string): Vertex | undefined {
    // In a flood of output the same step comes again and again: comparing is cheaper than hashing.
    if (digest !== this.#latest?.digest) this.#latest = this.#vertices.get(digest);
    return this.#latest;
  }

  [Symbol.iterator](): Iterator<Vertex> {
    return this.#vertices.values();
  }

  add(vertex: Vertex): void {
    this.#vertices.set(vertex.digest, vertex);
  }

  /** Call when a vertex has got its inputs. Some of them may be announced later, or never. */
  link(vertex: Vertex): void {
    for (const input of vertex.inputs) {
      const takers = this.#takers.get(input) ?? new Set();
      this.#takers.set(input, takers.add(vertex));
    }
  }

  /** The steps that a step takes something from. */
  sourcesOf(step: Step): readonly Step[] {
    return step.vertices.flatMap(({ inputs }) => inputs.flatMap((input) => this.#vertices.get(input)?.step ?? []));
  }

  /** The platform of the nearest step of the Dockerfile that a step is built on. */
  platformBelow(step: Step): Platform | undefined {
    const seen = new Set(step.vertices.map(({ digest }) => digest));
    const queue = [...step.vertices];
    for (const { inputs } of queue) {
      for (const input of inputs) {
        const vertex = seen.has(input) ? undefined : this.#vertices.get(input);
        seen.add(input);
        if (!vertex) continue;
        if (vertex.step.name.kind === "step" && vertex.step.platform !== undefined) return vertex.step.platform;
        queue.push(vertex);
      }
    }
    return undefined;
  }

  /** The platform of the steps that take a step's result; undefined when they are of several. */
  platformAbove(step: Step): Platform | undefined {
    const takers = step.vertices.flatMap(({ digest }) => [...(this.#takers.get(digest) ?? [])]);
    const [only, ...others] = new Set(takers.flatMap((taker) => taker.step.platform ?? []));
    return others.length === 0 ? only : undefined;
  }
}
