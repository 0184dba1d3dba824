const body=document.querySelector('.body'),tip=document.getElementById('tip'),info=document.getElementById('info');
const rows=[...document.querySelectorAll('.r')],clocks=[],last={};
D.rows.forEach(([lane,,,c],i)=>{if(lane<0||!c){clocks[i]=null;return}const k={...last[lane]};for(let j=0;j<c.length;j+=2)k[c[j]]=c[j+1];last[lane]=clocks[i]=k});
const before=(a,b)=>clocks[a]&&clocks[b]&&(clocks[b][D.rows[a][0]]||0)>=clocks[a][D.rows[a][0]];
const text=i=>{const[lane,place,time]=D.rows[i],k=clocks[i];let t=D.lanes[lane]+': '+rows[i].textContent;if(place>=0)t+='\nat '+D.places[place];if(time>=0)t+='\nafter '+D.times[time];if(k)t+='\nclock '+Object.keys(k).map(l=>D.lanes[l].split(' ')[0]+':'+k[l]).join(' ');return t};
let picked=-1;
function pick(i){picked=i;body.classList.toggle('picked',i>=0);let n=[0,0,0];rows.forEach((r,j)=>{r.classList.remove('before','after','here');if(i<0||!clocks[j])return;if(j===i)r.classList.add('here');else if(before(j,i)){r.classList.add('before');n[0]++}else if(before(i,j)){r.classList.add('after');n[1]++}else n[2]++});
info.textContent=i<0?'':clocks[i]?`${D.lanes[D.rows[i][0]]}: ${rows[i].textContent}: ${n[0]} before it, ${n[1]} after it, ${n[2]} in no order with it`:'What comes before what was not kept: the run was too large.'}
rows.forEach((r,i)=>{if(D.rows[i][0]<0)return;
r.addEventListener('mousemove',e=>{tip.textContent=text(i);tip.style.display='block';const w=tip.offsetWidth,h=tip.offsetHeight;tip.style.left=Math.max(4,Math.min(e.clientX+14,innerWidth-w-4))+'px';tip.style.top=(e.clientY+h+22>innerHeight?e.clientY-h-10:e.clientY+16)+'px'});
r.addEventListener('mouseleave',()=>tip.style.display='none');
r.addEventListener('click',()=>pick(picked===i?-1:i))});
addEventListener('keydown',e=>{const d={ArrowDown:1,ArrowUp:-1}[e.key];if(e.key==='Escape')pick(-1);else if(d&&picked>=0){e.preventDefault();let i=picked+d;while(rows[i]&&D.rows[i][0]<0)i+=d;if(rows[i]){pick(i);rows[i].scrollIntoView({block:'nearest'})}}});
