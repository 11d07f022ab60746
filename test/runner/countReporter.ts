import type { TestEvent } from "node:test/reporters";

/** A reporter for node:test that leaves only the counts of the whole run, as JSON. */
// oxlint-disable-next-line import/no-default-export -- node:test takes a reporter from there
export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== "test:summary" || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    yield JSON.stringify({ passed, failed: tests - passed - skipped - todo, skipped: skipped + todo });
  }
}
