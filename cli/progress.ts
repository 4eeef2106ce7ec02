/** A line on a terminal's stderr that is written over and over; nothing elsewhere. */
export function progressLine(): { show(text: string): void; end(): void } {
  const { isTTY, columns = 80 } = process.stderr;
  let shown = false;
  return {
    show(text) {
      if (!isTTY) return;
      process.stderr.write(`\r${text.slice(0, columns - 1).padEnd(columns - 1)}`);
      shown = true;
    },
    end() {
      if (shown) process.stderr.write('\n');
      shown = false;
    },
  };
}
