import { useBackend } from '@ssl-scene/tensors';
import { weightedKnn } from '@ssl-scene/evaluators';
import { randomStream } from '@ssl-scene/random';
await useBackend({ backend: (process.argv[2] ?? 'native') as never });
const make=(n:number,d:number,c:number,seed:number,signal=0.12)=>{const x=new Float32Array(n*d);const r=randomStream(seed,'x');r.fillNormal(x);const mix=new Float32Array(c*d);randomStream(1,'c').fillNormal(mix);const y=Int32Array.from({length:n},()=>r.integer(0,c));for(let i=0;i<n;i++)for(let j=0;j<d;j++){x[i*d+j]!+=signal*mix[y[i]!*d+j]!;} for(let i=0;i<x.length;i++)x[i]=Math.max(0,x[i]!*(1+(i%d)/d*3));return{x,y}};
const [n,q,d]=[50000,4000,128];
 const a=make(n,d,10,2),b=make(q,d,10,3);
 for(let i=0;i<2;i++){const t=performance.now(),c0=process.cpuUsage();const r=weightedKnn({bank:a.x,bankLabels:a.y,queries:b.x,queryLabels:b.y,dimension:d,classes:10});
 const c=process.cpuUsage(c0);console.log('knn',n,q,d,r.accuracy,(performance.now()-t).toFixed(0),'ms cpu',(c.user+c.system)/1000);}
