import { parseArgs } from 'node:util';
import { useBackend } from '@ssl-scene/tensors';
import { measure, NETWORK_FREE, networkSources, type QualityRow } from './ecssd.ts';

// node --import tsx --conditions=@ssl-scene/source bench/print-ecssd.ts ECSSD_FOLDER [SQUEEZENET_WEIGHTS]
//   [--count N] [--only PART_OF_A_NAME]
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '300' }, only: { type: 'string', default: '' } },
});
const [folder, weights] = positionals;
if (folder === undefined) throw new Error('Give the folder that holds images, masks and boxes.json.');
await useBackend();

const print = ({ name, boxes, ...row }: QualityRow): void => {
  const numbers = [
    row.maxFOfMeanPrecisionRecall,
    row.adaptiveF,
    row.mae,
    row.sMeasure,
    row.maxOfMeanE,
    row.auc,
    row.pointing,
  ];
  const found = boxes.map(({ iou, area }) => `${iou.toFixed(3)} (${area.toFixed(2)})`);
  process.stdout.write(`| ${[name, ...numbers.map((value) => value.toFixed(3)), ...found].join(' | ')} |\n`);
};

const columns = ['source', 'max F', 'adaptive F', 'MAE', 'S', 'max E', 'AUC', 'pointing'];
const boxColumns = ['box IoU (area) at 0.1', '0.5', 'otsu'];
const header = [...columns, ...boxColumns];
process.stdout.write(`| ${header.join(' | ')} |\n| ${header.map(() => '---').join(' | ')} |\n`);
const sources = { ...NETWORK_FREE, ...(weights === undefined ? {} : networkSources(weights)) };
for (const [name, source] of Object.entries(sources)) {
  if (name.includes(values.only)) print(await measure(name, source, folder, Number(values.count)));
}
