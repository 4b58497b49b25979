#!/usr/bin/env node
import { isSceneError } from '@ssl-scene/errors';
import { Command } from 'commander';
import type { BudgetCommandOptions } from './commands/budget.ts';
import type { DataCheckOptions, DataFetchOptions } from './commands/data.ts';
import type { DemoCommandOptions } from './commands/demo.ts';
import type { EvalCommandOptions } from './commands/eval.ts';
import type { NativeInstallOptions } from './commands/native.ts';
import type { PackCommandOptions } from './commands/pack.ts';
import type { PresetsOptions } from './commands/presets.ts';
import type { PretrainCommandOptions } from './commands/pretrain.ts';
import type { PreviewCommandOptions } from './commands/preview.ts';
import type { SaliencyCommandOptions } from './commands/saliency.ts';
import { terminalOutput } from './output.ts';

// TensorFlow writes its greetings and hints to standard error unless told otherwise before it is loaded.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

/** Exit code of a command that answers whether all is well. */
const fromHealth = (healthy: boolean): number => (healthy ? 0 : 1);

const program = new Command('ssl-scene')
  .description('Self-supervised pre-training on scene images, guided by the images’ own saliency.')
  .showHelpAfterError()
  .helpCommand(false);

/** Commands whose time goes into training or features. */
const COMPUTING = ['demo', 'pretrain', 'budget', 'eval'];

// With large pages they take less time, and only a process that is told at its start can ask for them.
program.hook('preAction', async (_, command) => {
  const backend = process.env.SSL_SCENE_BACKEND || 'auto';
  if (!COMPUTING.includes(command.name()) || !['auto', 'native'].includes(backend)) return;
  const { restartWithLargePages } = await import('@ssl-scene/native');
  restartWithLargePages();
});

// Commands are loaded when they run: TensorFlow alone takes longer than the help.
program
  .command('doctor')
  .description('which backend runs here, why not a faster one, and whether every kernel works on it')
  .option('--json', 'for programs')
  .action(async (options: { json?: boolean }) => {
    const { doctorCommand } = await import('./commands/doctor.ts');
    process.exitCode = fromHealth(await doctorCommand(options, terminalOutput()));
  });

const native = program.command('native').description('the native library: fetch and build, look, remove');
native
  .command('install')
  .description('fetch the TensorFlow library with pip, build the binding, verify; nothing to do where it is there')
  .option('--gpu', 'the CUDA build (not verified)')
  .option('--from <wheel...>', 'wheel files that are here already, instead of fetching')
  .option('--force', 'build again')
  .option('--cache <folder>', 'instead of the user’s cache folder')
  .option('--json', 'for programs')
  .action(async (options: NativeInstallOptions) => {
    const { nativeInstallCommand } = await import('./commands/native.ts');
    await nativeInstallCommand(options, terminalOutput());
  });
native
  .command('status')
  .description('what is installed, and what a build would need')
  .option('--verify', 'load it in a process of its own and compute')
  .option('--json', 'for programs')
  .action(async (options: { verify?: boolean; json?: boolean }) => {
    const { nativeStatusCommand } = await import('./commands/native.ts');
    process.exitCode = fromHealth(await nativeStatusCommand(options, terminalOutput()));
  });
native
  .command('remove')
  .description('delete what installations left in the cache')
  .option('--cache <folder>', 'instead of the user’s cache folder')
  .action(async (options: { cache?: string }) => {
    const { nativeRemoveCommand } = await import('./commands/native.ts');
    await nativeRemoveCommand(options, terminalOutput());
  });

program
  .command('demo')
  .description('generated scenes → pre-training with saliency → evaluation → a page of pictures; minutes on two cores')
  .option('--out <folder>', 'where the run and the page go', 'demo')
  .option('--quick', 'smaller settings, the same steps')
  .option('--json', 'for programs')
  .option('--quiet', 'no progress')
  .action(async (options: DemoCommandOptions) => {
    const { demoCommand } = await import('./commands/demo.ts');
    await demoCommand(options, terminalOutput(options));
  });

program
  .command('pretrain')
  .argument('<preset>', 'name of a preset, or a YAML file')
  .description('train a network on images without labels')
  .option('--data <folder>', 'the images')
  .option('--out <folder>', 'folder of the run; default runs/<name>')
  .option('--set <path=value>', 'override a value, for example training.epochs=20; repeatable', collect)
  .option('--pack <off|auto|file>', 'decode the pictures once, into a file that later epochs read; see loading.pack')
  .option('--resume', 'go on from the newest checkpoint in --out')
  .option('--quiet', 'no progress')
  .option('--json', 'for programs')
  .action(async (preset: string, options: PretrainCommandOptions) => {
    const { pretrainCommand } = await import('./commands/pretrain.ts');
    process.exitCode = await pretrainCommand(preset, options, terminalOutput(options));
  });

program
  .command('pack')
  .argument('<preset or run>', 'name of a preset, a YAML file, or the folder of a run')
  .description(
    'decode the training images once, into one file that pretrain --pack reads; goes on where it was stopped',
  )
  .option('--data <folder>', 'the images')
  .option('--out <file>', 'the packed file; default: where --pack auto looks for it, in the user’s cache folder')
  .option('--set <path=value>', 'override a value, for example loading.shortSide=320; repeatable', collect)
  .option('--workers <number>', 'threads; default: the number of cores')
  .option('--replace', 'a file that is out of date, or of other images, makes way')
  .option('--quiet', 'no progress')
  .option('--json', 'for programs')
  .action(async (subject: string, options: PackCommandOptions) => {
    const { packCommand } = await import('./commands/pack.ts');
    await packCommand(subject, options, terminalOutput(options));
  });

program
  .command('budget')
  .argument('<preset>', 'name of a preset, or a YAML file')
  .description(
    'a few steps of a run tell how much time, memory and disk all of it will need; exit code 1 if that does not fit',
  )
  .option('--data <folder>', 'the images')
  .option('--set <path=value>', 'override a value; repeatable', collect)
  .option('--hours <number>', 'time that the run may take')
  .option('--json', 'for programs')
  .action(async (preset: string, options: BudgetCommandOptions) => {
    const { budgetCommand } = await import('./commands/budget.ts');
    process.exitCode = fromHealth(await budgetCommand(preset, options, terminalOutput()));
  });

program
  .command('eval')
  .argument('[run]', 'folder of a run; or none, with --weights')
  .description(
    'kNN and linear accuracy (mean average precision where images show several classes) and label-free measures of the newest checkpoint, beside the untrained network’s',
  )
  .option('--data <folder>', 'the images; default: where they lay in training')
  .option(
    '--on <what>',
    'images, boxes (RoIAlign of the true boxes), crops (the boxes cut out), or several: images,boxes',
  )
  .option('--set <path=value>', 'override a value, for example evaluation.neighbours=[20,200]; repeatable', collect)
  .option('--weights <file>', 'safetensors file of another network, instead of a run')
  .option('--backbone <name>', 'what these weights belong to: resnet18, resnet50 …, cifar-resnet20 …')
  .option('--width <channels>', 'of that backbone’s first stage')
  .option('--stem <name>', 'of that backbone: imagenet or small')
  .option('--prefix <text>', 'before the backbone’s names in that file, for example backbone.')
  .option('--json', 'for programs')
  .action(async (run: string | undefined, options: EvalCommandOptions) => {
    const { evalCommand } = await import('./commands/eval.ts');
    await evalCommand(run, options, terminalOutput());
  });

program
  .command('preview')
  .argument('<preset or run>', 'name of a preset, a YAML file, or the folder of a run')
  .description(
    'a page of images with heat map, box, crops and views as this configuration draws them; nothing is trained',
  )
  .option('--data <folder>', 'the images')
  .option('--images <numbers>', 'how many, or which: 8, or 0,5,17', '6')
  .option('--set <path=value>', 'override a value; repeatable', collect)
  .option('--out <file>', 'the page', 'preview.html')
  .option('--json', 'for programs')
  .action(async (subject: string, options: PreviewCommandOptions) => {
    const { previewCommand } = await import('./commands/preview.ts');
    await previewCommand(subject, options, terminalOutput());
  });

program
  .command('saliency')
  .argument('<folder>', 'the images')
  .description('heat maps and boxes of images, as pictures and as JSON; by colours alone, or by the network of a run')
  .option('--out <folder>', 'where the pictures and saliency.json go', 'saliency')
  .option('--method <name>', 'minimum-barrier, colour-distribution or spectral-residual', 'minimum-barrier')
  .option('--run <folder>', 'by the newest checkpoint of this run instead')
  .option('--threshold <number>', 'places above it belong to the box: 0 to 1, or otsu', 'otsu')
  .option('--size <pixels>', 'side to which images are resized for the maps')
  .option('--json', 'for programs')
  .action(async (folder: string, options: SaliencyCommandOptions) => {
    const { saliencyCommand } = await import('./commands/saliency.ts');
    await saliencyCommand(folder, options, terminalOutput());
  });

const data = program.command('data').description('data sets: what is odd about a folder, and fetching public ones');
data
  .command('check')
  .argument('<folder>', 'the pictures')
  .description('counts, formats, broken, tiny and constant pictures, copies; exit code 1 if any cannot be read')
  .option('--exclude <file>', 'write the ids of bad pictures there, as a list that readers leave out')
  .option('--json', 'the whole report')
  .action(async (folder: string, options: DataCheckOptions) => {
    const { dataCheckCommand } = await import('./commands/data.ts');
    process.exitCode = fromHealth(await dataCheckCommand(folder, options, terminalOutput()));
  });
data
  .command('fetch')
  .argument('[name]', 'which; without it, those that there are')
  .description('download with resume, check, unpack; prints the folder')
  .option('--out <folder>', 'where to; default: a folder of the data set’s name')
  .option('--json', 'for programs')
  .action(async (name: string | undefined, options: DataFetchOptions) => {
    const { dataFetchCommand } = await import('./commands/data.ts');
    await dataFetchCommand(name, options, terminalOutput());
  });

program
  .command('presets')
  .argument('[name]', 'print this one')
  .description('configurations that come with the package, with their papers’ values')
  .option('--resolved', 'with everything that it extends, and the defaults')
  .option('--schema', 'the JSON schema of configurations')
  .option('--json', 'for programs')
  .action(async (name: string | undefined, options: PresetsOptions) => {
    const { presetsCommand } = await import('./commands/presets.ts');
    presetsCommand(name, options, terminalOutput());
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(isSceneError(error) ? `${error.message}\n` : `${(error as Error).stack}\n`);
  process.exitCode = 1;
}
