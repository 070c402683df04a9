"use strict";

// Where the browser reads barcodes by itself, a phone's camera is a barcode reader. One tap reads one code: a camera
// that went on looking would count the piece in front of it again and again. No picture leaves the phone.
(async () => {
  const button = document.getElementById("camera");
  if (!button || !("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.length) return;
  const picture = document.getElementById("seen");
  const said = document.getElementById("camera-said");
  const field = document.getElementById("code");
  const detector = new BarcodeDetector();
  let stream = null;

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = picture.srcObject = null;
    picture.hidden = true;
  }

  async function start() {
    said.textContent = "";
    button.disabled = true; // until the person has answered: a second stream would have nobody to stop it
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      button.disabled = false;
      picture.srcObject = stream;
      picture.hidden = false;
      while (stream) {
        const [found] = picture.readyState < HTMLMediaElement.HAVE_CURRENT_DATA ? [] : await detector.detect(picture);
        if (found && stream) {
          stop();
          field.value = found.rawValue;
          field.form.requestSubmit();
        }
        await new Promise((resume) => setTimeout(resume, 150));
      }
    } catch {
      stop();
      button.disabled = false;
      said.textContent = button.dataset.refused;
    }
  }

  button.addEventListener("click", () => (stream ? stop() : start()));
  addEventListener("pagehide", stop);
  button.hidden = false;
})();
