// Shows what the camera sees and, five times a second, how the face in it looks; a picture is sent when the last is answered.
const EVERY = 200, SENT_WIDTH = 640;
const video = part('video');
const scale = app.querySelector('.ec-camera .ec-scale');
let stream = null;

const still = width => {
  const canvas = document.createElement('canvas');
  canvas.width = Math.min(width, video.videoWidth);
  canvas.height = Math.round(canvas.width * video.videoHeight / video.videoWidth);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.9));
};

function showFace(seen) {
  const card = app.querySelector('.ec-camera .ec-card');
  card.className = `ec-card ec-${seen.face ? seen.label : 'uncertain'}`;
  scale.classList.toggle('ec-nobody', !seen.face);
  const title = seen.face ? (binary() ? seen.leaning : seen.title) : say('camera.no_face');
  if (part('camera-title').textContent !== title) part('camera-title').textContent = title;
  part('camera-degree').textContent = seen.face ? seen.degree : '';
  if (!seen.face) return;
  scale.querySelector('.ec-track b').style.left = seen.place;
  const meter = scale.querySelector('.ec-track');
  meter.setAttribute('aria-valuenow', seen.degree.replace('−', '-'));
  meter.setAttribute('aria-valuetext', `${seen.degree}, ${title}`);
  for (const name of scale.querySelectorAll('li')) name.classList.toggle('ec-now', name.dataset.grade === seen.grade);
}

async function watch(watched) {
  while (stream === watched) {
    const next = new Promise(done => setTimeout(done, EVERY));
    if (video.videoWidth) {
      const answer = await fetch(address('/camera'), {method: 'POST', body: await still(SENT_WIDTH)}).catch(() => null);
      if (stream !== watched) return;
      if (!answer?.ok) {
        complain(answer ? await answer.text() : say('progress.offline'));
        return;
      }
      showFace(await answer.json());
    }
    await next;
  }
}

function closeCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = video.srcObject = null;
}

Object.assign(actions, {
  'open-camera': async () => {
    if (stream) return show('camera');
    complain('');
    if (!navigator.mediaDevices) return complain(say('camera.none'));
    let seen;
    try {
      seen = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'user', width: {ideal: 1280}}});
    } catch {
      return complain(say('camera.refused'));
    }
    // Meanwhile the button may have been pressed again, or the tab left: no camera is to run that nobody sees.
    if (stream || videoIsOpen()) return seen.getTracks().forEach(track => track.stop());
    stream = seen;
    part('camera-title').textContent = say('camera.waiting');
    part('camera-degree').textContent = '';
    scale.classList.add('ec-nobody');
    video.srcObject = stream;
    show('camera');
    await begin().then(() => watch(stream), () => complain(say('progress.offline')));
  },
  take: async () => {
    const file = await still(Infinity);
    closeCamera();
    show('start');
    give([{file, name: say('give.taken', {time: clock()})}]);
  },
  'close-camera': () => {
    closeCamera();
    show(tiles.children.length ? 'gallery' : 'start');
  },
});
window.addEventListener('pagehide', closeCamera);
