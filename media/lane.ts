/** How many platforms have a colour of their own; further ones begin again. */
const colorCount = 6;

/** The class that gives everything of one platform the same colour (see style/base.css). */
export function laneClass(index: number): string {
  return `lane-${index % colorCount}`;
}
