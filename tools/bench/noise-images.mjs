/** Pictures in memory, smooth and all different, for benches that need no data: a source of kind `plugin`. */
export function open({ length, width, height }) {
  const rasters = Array.from({ length: Math.min(length, 64) }, (_, index) => raster(index, width, height));
  return {
    name: 'noise images',
    length,
    source: { kind: 'plugin', module: import.meta.url, options: { length, width, height } },
    id: (index) => `noise-${index}`,
    label: () => -1,
    pixels: (index) => rasters[index % rasters.length],
  };
}

function raster(index, width, height) {
  const data = new Uint8Array(width * height * 3);
  for (let value = 0; value < data.length; value++) {
    const pixel = Math.floor(value / 3);
    const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
    const wave = Math.sin((5 + (index % 7)) * x + index) * Math.cos((4 + (index % 5)) * y) + ((value * 37) % 11) / 22;
    data[value] = Math.min(Math.max(Math.round(120 + 90 * wave), 0), 255);
  }
  return { width, height, data };
}
