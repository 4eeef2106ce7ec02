const whole = new Intl.NumberFormat('en');
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

export const count = (value) => whole.format(value);

export const rate = (value) => (value < 10 ? value.toFixed(1) : whole.format(Math.round(value)));

/** One decimal below 10 %, none above: as much as means something. */
export function percent(value) {
  const hundredths = value * 100;
  if (hundredths > 0 && hundredths < 0.1) return '<0.1%';
  return `${hundredths.toFixed(hundredths < 9.95 ? 1 : 0)}%`;
}

export const time = (milliseconds) => clock.format(milliseconds);

export function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return 'less than a minute';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
