{% load static i18n %}{% get_current_language as LANGUAGE_CODE %}// Answers for the door of a room when the network does not: shows the page that was kept for it.
// In {{ LANGUAGE_CODE }}: whoever reads another language now gets another worker, which keeps the page in that one.
"use strict";
const PAGE = "{% url 'door-offline' %}";
const FILES = [
  PAGE,
  "{% static 'vendor/bootstrap/css/bootstrap.min.css' %}",
  "{% static 'vendor/bootstrap-icons/bootstrap-icons.min.css' %}",
  "{% static 'css/livepark.css' %}",
  "{% static 'img/mark.svg' %}",
  "{% static 'js/checkin.js' %}",
];
const KEPT = "livepark-door";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && path.startsWith(PAGE)) {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  } else if (FILES.includes(path)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});
