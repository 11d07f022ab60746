import type { Platform } from "../platform.ts";
import type { LineFinder } from "../dockerfile/dockerfile.ts";
import { LaneTally } from "./laneTally.ts";
import { orderStages, type StageOrder } from "./rowOrder.ts";
import type { BuildUpdate, Cell, Lane, StepRow } from "./snapshot.ts";
import type { Step } from "./step.ts";
import type { VertexGraph } from "./vertexGraph.ts";
import { splitInstruction, type StepName } from "./vertexName.ts";

/** What is known of the Dockerfile. */
export interface StepSource {
  /** Finds a step's line, and its text as it stands there. */
  readonly lineOf?: LineFinder;
}

/**
 * The Dockerfile's steps in rows and lanes, as immutable objects that are made anew when something in them changes.
 * Steps of different lanes share a row when stage and index are the same; a lane with several such steps has several
 * rows of them, paired in order of appearance.
 */
export class StepTable {
  readonly #source: StepSource;
  readonly #graph: VertexGraph;
  readonly #lanes = new Map<Platform, LaneTally>();
  /** Rows by stage and index, then by occurrence. */
  readonly #slots = new Map<string, Row[]>();
  readonly #places = new Map<Step, Place>();
  #rows: readonly Row[] | undefined;
  #isEnded = false;
  readonly #changedRows = new Set<Row>();
  readonly #changedLanes = new Set<LaneTally>();
  #isOrderChanged = false;

  /** @param graph to see which stage takes what from which */
  constructor(platforms: readonly Platform[], graph: VertexGraph, source: StepSource) {
    this.#source = source;
    this.#graph = graph;
    for (const platform of platforms) this.#lane(platform);
  }

  /**
   * Gives a step its cell, or adds it to its twin: one of the same name and lane that was announced and has not begun.
   * @returns the step that is shown
   */
  place(step: Step, name: StepName, platform: Platform): Step {
    const lane = this.#lane(platform);
    const slot = this.#slot(name);
    step.platform = platform;
    for (const row of slot) {
      const other = row.places.get(lane);
      if (!other) return this.#put(step, lane, row);
      if (isTwin(other.step, step)) {
        other.step.absorb(step);
        this.refresh(other.step);
        return other.step;
      }
    }
    return this.#put(step, lane, this.#addRow(slot, name));
  }

  /** Makes a placed step's cell anew. */
  refresh(step: Step): void {
    const place = this.#places.get(step);
    if (!place) return;
    const cell = step.cell();
    place.lane.replace(place.cell, cell);
    place.cell = cell;
    this.#touch(place);
  }

  /** Call when the build has ended and every step is refreshed: steps that never began give way to their twins. */
  end(): void {
    this.#isEnded = true;
    for (const slot of this.#slots.values()) if (slot.length > 1) this.#joinTwins(slot);
    for (const lane of this.#lanes.values()) this.#changedLanes.add(lane);
  }

  lanes(): readonly Lane[] {
    return [...this.#lanes.values()].map((lane) => lane.lane(this.#isEnded));
  }

  /** In the order of the Dockerfile. */
  rows(): readonly StepRow[] {
    const lanes = [...this.#lanes.values()];
    return this.#orderedRows().map((row) => row.snapshot(lanes));
  }

  /** Everything that is not as it was at the last call. */
  takeChanges(): Pick<BuildUpdate, "lanes" | "rows" | "rowOrder"> | undefined {
    if (this.#changedLanes.size === 0 && this.#changedRows.size === 0 && !this.#isOrderChanged) return undefined;
    const lanes = [...this.#lanes.values()];
    const update = {
      lanes: [...this.#changedLanes].map((lane) => lane.lane(this.#isEnded)),
      rows: [...this.#changedRows].filter((row) => row.places.size > 0).map((row) => row.snapshot(lanes)),
      rowOrder: this.#isOrderChanged ? this.#orderedRows().map((row) => row.id) : undefined,
    };
    this.#changedLanes.clear();
    this.#changedRows.clear();
    this.#isOrderChanged = false;
    return update;
  }

  #lane(platform: Platform): LaneTally {
    const known = this.#lanes.get(platform);
    if (known) return known;
    const lane = new LaneTally(platform);
    this.#lanes.set(platform, lane);
    this.#changedLanes.add(lane);
    for (const row of this.#orderedRows()) this.#changed(row);
    return lane;
  }

  #slot(name: StepName): Row[] {
    const key = `${name.stage}:${name.index}`;
    const known = this.#slots.get(key);
    if (known) return known;
    const slot: Row[] = [];
    this.#slots.set(key, slot);
    return slot;
  }

  #addRow(slot: Row[], name: StepName): Row {
    const row = new Row(name, slot.length, this.#source);
    slot.push(row);
    this.#orderHasChanged();
    return row;
  }

  #put(step: Step, lane: LaneTally, row: Row): Step {
    const place: Place = { step, lane, row, cell: undefined };
    this.#places.set(step, place);
    row.places.set(lane, place);
    this.refresh(step);
    return step;
  }

  #touch(place: Place): void {
    this.#changedLanes.add(place.lane);
    this.#changed(place.row);
  }

  #changed(row: Row): void {
    row.forget();
    this.#changedRows.add(row);
  }

  #orderHasChanged(): void {
    this.#rows = undefined;
    this.#isOrderChanged = true;
  }

  #joinTwins(slot: Row[]): void {
    for (const row of slot) {
      for (const idle of [...row.places.values()].filter((place) => !place.step.isStarted)) {
        const twin = slot
          .map((other) => other.places.get(idle.lane))
          .find((other) => other?.step.isStarted && other.step.fullName === idle.step.fullName);
        if (twin) this.#replace(idle, twin);
      }
    }
    const left = slot.filter((row) => row.places.size > 0);
    if (left.length < slot.length) this.#orderHasChanged();
    slot.splice(0, slot.length, ...left);
  }

  #replace(idle: Place, twin: Place): void {
    twin.row.places.delete(twin.lane);
    this.#touch(twin);
    idle.lane.replace(idle.cell, undefined);
    this.#places.delete(idle.step);
    idle.row.places.set(idle.lane, { ...twin, row: idle.row });
    this.#places.set(twin.step, { ...twin, row: idle.row });
    this.#changed(idle.row);
  }

  #orderedRows(): readonly Row[] {
    this.#rows ??= this.#sortRows();
    return this.#rows;
  }

  #sortRows(): readonly Row[] {
    const ranks = new Map(orderStages(this.#stages()).map((stage, rank) => [stage, rank]));
    const rank = (row: Row): number => ranks.get(row.name.stage) ?? 0;
    return [...this.#slots.values()]
      .flat()
      .toSorted((a, b) => rank(a) - rank(b) || a.name.index - b.name.index || a.occurrence - b.occurrence);
  }

  #stages(): ReadonlyMap<string, StageOrder> {
    const stages = new Map<string, StageOrder>();
    for (const { row, step } of this.#places.values()) {
      const stage = stages.get(row.name.stage) ?? { needs: new Set() };
      stages.set(row.name.stage, stage);
      if (row.line !== undefined) stage.line = Math.min(row.line, stage.line ?? row.line);
      for (const { name } of this.#graph.sourcesOf(step)) if (name.kind === "step") stage.needs.add(name.stage);
    }
    return stages;
  }
}

/** Where a step stands in the table. */
interface Place {
  readonly step: Step;
  readonly lane: LaneTally;
  readonly row: Row;
  cell: Cell | undefined;
}

class Row {
  readonly id: string;
  readonly name: StepName;
  readonly occurrence: number;
  readonly line: number | undefined;
  readonly places = new Map<LaneTally, Place>();
  readonly #head: Omit<StepRow, "cells">;
  #snapshot: StepRow | undefined;

  constructor(name: StepName, occurrence: number, source: StepSource) {
    const { stage, index, total } = name;
    const { instruction, rest } = splitInstruction(name.text);
    this.id = `${stage}:${index}${occurrence === 0 ? "" : `#${occurrence}`}`;
    this.name = name;
    this.occurrence = occurrence;
    const place = source.lineOf?.(stage, index, total, instruction);
    this.line = place?.line;
    this.#head = { id: this.id, stage, index, total, instruction, text: rest, ...place };
  }

  forget(): void {
    this.#snapshot = undefined;
  }

  snapshot(lanes: readonly LaneTally[]): StepRow {
    this.#snapshot ??= { ...this.#head, cells: lanes.map((lane) => this.places.get(lane)?.cell ?? null) };
    return this.#snapshot;
  }
}

function isTwin(announced: Step, step: Step): boolean {
  return (
    step.fullName === announced.fullName &&
    !announced.isStarted &&
    step.vertices.every((vertex) => vertex.isBornStarted)
  );
}
