// Mouse and fingers on a map. One finger, or the mouse with its button down, drags the pointer. Two fingers zoom and
// move the map; so do the wheel, and the mouse with the shift key.

const REACH = { mouse: 8, pen: 10, touch: 16 };  // pixels within which a press chooses an image

function listenToMap(map) {
  const canvas = canvases[map].over, fingers = new Map();
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let isPanning = false;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    isPanning = event.shiftKey || event.button === 1;
    change({ hover: null });
    if (fingers.size === 1 && !isPanning) pressAt(map, at(event), REACH[event.pointerType] || 8);
    event.preventDefault();
  });

  canvas.addEventListener("pointermove", (event) => {
    const now = at(event);
    if (!fingers.has(event.pointerId)) return hoverAt(map, now);
    const before = fingers.get(event.pointerId);
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) pinch(map, [...fingers.values()], now, before);
    else if (isPanning) pan(map, [now[0] - before[0], now[1] - before[1]]);
    else movePointer(map, toMap(map, now));
  });

  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => change({ hover: null }));

  canvas.addEventListener("wheel", (event) => {
    // Without focus, the wheel scrolls the page, as elsewhere.
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    zoom(map, Math.exp(-event.deltaY / 300), at(event));
  }, { passive: false });
}

// The image under the mouse, on both maps.
function hoverAt(map, at) {
  const { image, distance } = nearestImage(map, toMap(map, at));
  change({ hover: (distance * sizeOf(map)) / viewOf(map)[2] < 12 ? image : null });
}

// One of two fingers moved: the map follows both.
function pinch(map, both, now, before) {
  const [x, y] = both.find((finger) => finger !== now);
  const distance = ([left, top]) => Math.hypot(left - x, top - y) || 1;
  zoom(map, distance(now) / distance(before), [x, y]);
}
