// Video by WebRTC: an offer to the daemon, which knows the address, and the tracks that come back.

/** How long a connection may take before it counts as failed, in milliseconds. */
const PATIENCE = 8000;

/**
 * Plays a stream; returns what ends it. `lost` is called once, when there is no video any more.
 * @param {HTMLVideoElement} video @param {string} stream @param {() => void} lost
 */
export function play(video, stream, lost) {
  const peer = new RTCPeerConnection();
  const tracks = new MediaStream();
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    peer.close();
    video.srcObject = null;
  };
  const fail = () => {
    if (over) return;
    end();
    lost();
  };
  const timer = setTimeout(() => peer.connectionState !== "connected" && fail(), PATIENCE);
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addEventListener("track", ({ track }) => {
    tracks.addTrack(track);
    video.srcObject = tracks;
    video.play().catch(() => {});
  });
  peer.addEventListener("connectionstatechange", () => {
    if (["failed", "disconnected", "closed"].includes(peer.connectionState)) fail();
  });
  negotiate(peer, stream).catch(fail);
  return end;
}

/** @param {RTCPeerConnection} peer @param {string} stream */
async function negotiate(peer, stream) {
  await peer.setLocalDescription(await peer.createOffer());
  await gathered(peer);
  const answer = await fetch(`/api/streams/${encodeURIComponent(stream)}/whep`, {
    method: "POST",
    headers: { "content-type": "application/sdp" },
    body: peer.localDescription?.sdp,
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) throw new Error(`WHEP: ${answer.status}`);
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
}

/** Waits until the addresses of this machine are in the offer, or for a second. @param {RTCPeerConnection} peer */
function gathered(peer) {
  return new Promise((done) => {
    const look = () => peer.iceGatheringState === "complete" && done(undefined);
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(done, 1000);
    look();
  });
}
