export type { Backbone, Features, Stage } from './backbone.ts';
export { type CifarResNetOptions, cifarResnet } from './cifar-resnet.ts';
export { type ClassifierOptions, classifier } from './classifier.ts';
export { loadPretrained, type PretrainedOptions, REQUIRED_SHARE } from './load-pretrained.ts';
export { namedResnet, RESNETS, type ResNetName } from './named-resnet.ts';
export { type ResNetDepth, type ResNetOptions, resnet } from './resnet.ts';
export { squeezeNet, squeezeNetClassifier } from './squeeze-net.ts';
