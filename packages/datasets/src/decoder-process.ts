// The program of the child process that decodes pictures.
import { decodeImage } from './decode-image.ts';
import { serveRequests } from './helper-program.ts';
import { isImageFault } from './image-fault.ts';
import type { DecodeRequest } from './isolated-decoder.ts';
import { loadSharp } from './sharp-module.ts';

serveRequests({
  answer: ({ bytes, options, where }: DecodeRequest) => decodeImage(bytes, options, where),
  isFault: isImageFault,
  prepare: loadSharp,
});
