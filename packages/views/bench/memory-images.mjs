/** A data set of `length` images of smooth noise, all in memory, for benchmarks. */
export function open({ length, width, height }) {
  const images = Array.from({ length: Math.min(length, 64) }, (_, n) => {
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i++) data[i] = 128 + 100 * Math.sin((i * (n + 3)) / 97) + ((i * 31) & 15);
    return { width, height, data };
  });
  return {
    name: `${length} images of ${width} x ${height} in memory`,
    length,
    source: { kind: 'plugin', module: import.meta.url, options: { length, width, height } },
    id: (index) => `image-${index}`,
    label: () => -1,
    pixels: (index) => images[index % images.length],
  };
}
