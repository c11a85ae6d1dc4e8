// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.corpus.ServiceUnderTest.Reply;
import dev.writ.fixtures.SoftwareTpmKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPOutputStream;

/** Requests to a running service: 1 for their form, and from 27 on what takes its memory. */
final class ServiceCases {
  /** How many hosts of their own these cases need at most. */
  static final int HOSTS = 24;

  /** A challenge is good for 60 seconds, and so is an activation. */
  private static final long PAST_VALIDITY_MS = 61_000;

  private static final String NOT_OURS = "challenge_not_ours";
  private static final String USED = "challenge_used";
  private static final String NOT_ACTIVATED = "activation_failed";

  private final ServiceUnderTest service;
  private Optional<Early> early = Optional.empty();

  /** A challenge and an activation that are asked for long before they are answered. */
  private record Early(
      CorpusHost host, byte[] challenge, CorpusHost.Activation activation, long at) {
    /** Waits until neither is good any more. */
    void awaitEnd() throws InterruptedException {
      long waited = (System.nanoTime() - at) / 1_000_000;
      Thread.sleep(Math.max(0, PAST_VALIDITY_MS - waited));
    }
  }

  ServiceCases(ServiceUnderTest service) {
    this.service = service;
  }

  List<NegativeCase> cases() {
    return List.of(
        anybody(1, "truncated at every byte offset", this::truncated),
        ours(27, "wrong activation secret", this::wrongSecret),
        ours(28, "activation secret answered twice or expired", this::secretTwice),
        ours(29, "same host again with a new EK", this::newEndorsementKey),
        ours(30, "same EK under two ids", this::twoIds),
        ours(37, "nonce of another challenge", this::otherNonce),
        ours(38, "nonce used twice, also after a restart", this::nonceTwice),
        ours(39, "nonce of another client", this::otherClient),
        ours(40, "nonce expired", this::expired),
        ours(45, "whole request replayed", this::replayed),
        ours(82, "key in the request differs from the certified key", this::otherKey),
        ours(87, "HSM down", this::tokenGone),
        ours(89, "restart while pending", this::restarted),
        anybody(90, "slow senders and connections that are held", this::slow),
        anybody(91, "unauthenticated admin route", this::adminRoutes),
        anybody(93, "compressed or nested input", this::compressed),
        ours(94, "same request 100 times in parallel", this::parallel));
  }

  /** A case that any service must hold. */
  private NegativeCase anybody(int number, String title, NegativeCase.Body body) {
    return new NegativeCase(
        number,
        Level.SERVICE,
        title,
        tries -> {
          if (service.isPresent()) {
            body.run(tries);
          } else {
            tries.skip(service.absence());
          }
        });
  }

  /** A case that needs a host of ours. */
  private NegativeCase ours(int number, String title, NegativeCase.Body body) {
    return new NegativeCase(
        number,
        Level.SERVICE,
        title,
        tries -> {
          if (service.isOurs()) {
            askEarly();
            body.run(tries);
          } else {
            tries.skip(service.absence());
          }
        });
  }

  private void askEarly() throws Exception {
    if (early.isEmpty()) {
      CorpusHost host = service.enrolledHost();
      CorpusHost.Activation activation = service.newHost().activation();
      early = Optional.of(new Early(host, host.challenge(), activation, System.nanoTime()));
    }
  }

  private Observed issued(String application) throws Exception {
    return service.post("/v1/artifacts", application).observed();
  }

  private void truncated(Tries tries) {
    String whole = CorpusHost.object("ak_name", "AAuE7zpbnlvYO_JlVWmuZecgos0MVUo7w2LO-XVSXDQFPg");
    for (int i = 1; i < whole.length(); i++) {
      String cut = whole.substring(0, i);
      tries.refused(
          "body cut after " + i, "malformed", () -> service.post("/v1/challenges", cut).observed());
    }
    tries.refused(
        "the whole, of an unknown host",
        "host_not_enrolled",
        () -> service.post("/v1/challenges", whole).observed());
  }

  private void wrongSecret(Tries tries) throws Exception {
    CorpusHost host = service.newHost();
    CorpusHost.Activation activation = host.activation();
    List<String> told = new ArrayList<>();
    for (byte[] secret :
        List.of(
            new byte[32],
            SignatureCases.flipped(activation.secret(), 0),
            SignatureCases.flipped(activation.secret(), 31))) {
      tries.refused(
          "secret with other bytes",
          NOT_ACTIVATED,
          () -> {
            Reply reply = service.post("/v1/activations", activation.json(secret));
            told.add(reply.status() + reply.required("detail"));
            return reply.observed();
          });
    }
    if (told.stream().distinct().count() != 1) {
      tries.fail("what is told of a wrong secret must not depend on it, was " + told);
    }
    tries.accepted(
        "the right one", () -> service.post("/v1/activations", activation.json()).observed());
  }

  private void secretTwice(Tries tries) throws Exception {
    CorpusHost.Activation activation = service.newHost().activation();
    tries.accepted("once", () -> service.post("/v1/activations", activation.json()).observed());
    for (int i = 0; i < 2; i++) {
      tries.refused(
          "again",
          "activation_replayed",
          () -> service.post("/v1/activations", activation.json()).observed());
    }
    CorpusHost.Activation other = service.newHost().activation();
    tries.refused(
        "of another session",
        NOT_ACTIVATED,
        () -> service.post("/v1/activations", other.json(activation.secret())).observed());
    Early late = early.orElseThrow();
    late.awaitEnd();
    tries.refused(
        "answered after its end",
        "activation_expired",
        () -> service.post("/v1/activations", late.activation.json()).observed());
  }

  private void newEndorsementKey(Tries tries) throws Exception {
    CorpusHost host = service.newHost();
    byte[] spare = host.invitation();
    tries.accepted("the first", () -> host.enrol().observed());
    tries.refused(
        "another TPM, by an invitation from before",
        "host_name_taken",
        () -> host.impostor().enrol(spare).observed());
    tries.accepted("the host that has the name", () -> host.attest().observed());
  }

  private void twoIds(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    String other = service.own().hostNames().get(HOSTS - 1);
    tries.refused("another id", "ek_taken", () -> host.renamed(other).enrol().observed());
  }

  private void otherNonce(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    byte[] asked = host.challenge();
    byte[] other = host.challenge();
    SoftwareTpmKey holder = host.instanceKey();
    tries.refused(
        "quote over another challenge of ours",
        "qualifying_data_mismatch",
        () -> issued(host.application(asked, other, holder)));
    tries.refused(
        "challenge of which a bit of the nonce was changed",
        NOT_OURS,
        () -> issued(host.application(SignatureCases.flipped(asked, 6))));
    tries.accepted("its own", () -> issued(host.application(asked)));
  }

  private void nonceTwice(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    byte[] challenge = host.challenge();
    tries.accepted("once", () -> issued(host.application(challenge)));
    tries.refused("twice", USED, () -> issued(host.application(challenge)));
    service.restart();
    tries.refused("after a restart", USED, () -> issued(host.application(challenge)));
  }

  private void otherClient(Tries tries) throws Exception {
    CorpusHost first = service.enrolledHost();
    CorpusHost second = service.enrolledHost();
    byte[] challenge = first.challenge();
    tries.refused("another host's", NOT_OURS, () -> issued(second.application(challenge)));
    tries.accepted("its own", () -> issued(first.application(challenge)));
  }

  private void expired(Tries tries) throws Exception {
    Early asked = early.orElseThrow();
    asked.awaitEnd();
    tries.refused(
        "answered after its end",
        "challenge_expired",
        () -> issued(asked.host.application(asked.challenge)));
    tries.accepted("a new one", () -> asked.host.attest().observed());
  }

  private void replayed(Tries tries) throws Exception {
    CorpusHost host = early.orElseThrow().host;
    String application = host.application(host.challenge());
    tries.accepted("the first time", () -> issued(application));
    for (int i = 0; i < 3; i++) {
      tries.refused("the same bytes again", USED, () -> issued(application));
    }
  }

  private void otherKey(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    SoftwareTpmKey other = SoftwareTpmKey.instance();
    byte[] first = host.challenge();
    tries.refused(
        "a request for a key that is not the certified one",
        "qualifying_data_mismatch",
        () -> issued(host.application(first, first, other)));
    tries.accepted("its own key, which is known from then on", () -> host.attest().observed());
    byte[] second = host.challenge();
    tries.refused(
        "a request for a key that is not the known one",
        "key_thumbprint_mismatch",
        () -> issued(host.application(second, second, other)));
  }

  private void tokenGone(Tries tries) throws Exception {
    CorpusHost host = early.orElseThrow().host;
    service.own().unplugToken(true);
    try {
      tries.refused("no token", () -> unavailable(host.attest()));
    } finally {
      service.own().unplugToken(false);
      service.restart();
    }
    tries.accepted("the token is back", () -> host.attest().observed());
  }

  /** What could not be decided is a denial {@code unverifiable}, and no artifact. */
  private static Observed unavailable(Reply reply) throws IOException {
    if (reply.status() != 503 || !reply.required("code").equals("unverifiable")) {
      throw new IOException("the answer must be 503 and unverifiable, was " + reply);
    }
    return reply.observed();
  }

  private void restarted(Tries tries) throws Exception {
    CorpusHost host = early.orElseThrow().host;
    CorpusHost.Activation pending = service.newHost().activation();
    byte[] challenge = host.challenge();
    service.restart();
    tries.accepted("a challenge from before", () -> issued(host.application(challenge)));
    tries.refused("the same again", USED, () -> issued(host.application(challenge)));
    tries.accepted(
        "an activation from before",
        () -> service.post("/v1/activations", pending.json()).observed());
    tries.refused(
        "the same again",
        "activation_replayed",
        () -> service.post("/v1/activations", pending.json()).observed());
  }

  private void slow(Tries tries) throws Exception {
    try (SlowSender held = SlowSender.connect(service.url());
        SlowSender sender = SlowSender.connect(service.url())) {
      held.touch();
      CompletableFuture<Observed> body = CompletableFuture.supplyAsync(sender::bodyByteByByte);
      tries.accepted("others, meanwhile", () -> service.get("/livez").observed());
      tries.refused("a body that comes byte by byte", "request_too_slow", body::get);
      tries.accepted("others, afterwards", () -> service.get("/livez").observed());
      tries.refused("a connection that is held", "closed", held::untilClosed);
    }
  }

  private void adminRoutes(Tries tries) {
    for (String path : List.of("/v1/invitations", "/v1/revocations")) {
      tries.refused(
          "POST " + path,
          "not_found",
          () -> service.post(path, "{\"host\":\"host-0000\",\"valid_s\":60}").observed());
    }
    for (String path : List.of("/metrics", "/v1/invitations", "/v1/hosts")) {
      tries.refused("GET " + path, () -> service.get(path).observed());
    }
    // Java's client would take the dots out before it sends them.
    for (String path : List.of("/status/../metrics", "/status/%2e%2e/metrics")) {
      tries.refused(
          "GET " + path,
          () -> {
            try (SlowSender sender = SlowSender.connect(service.url())) {
              return sender.get(path);
            }
          });
    }
  }

  private void compressed(Tries tries) throws Exception {
    byte[] bomb = gzipped(64 << 20);
    tries.refused(
        "64 MiB in " + bomb.length + " bytes",
        "malformed",
        () -> service.post("/v1/artifacts", bomb, "gzip").observed());
    byte[] json = gzipped("{\"ak_name\":\"\"}");
    tries.refused(
        "a small body, compressed",
        "malformed",
        () -> service.post("/v1/challenges", json, "gzip").observed());
    String nested = "{\"a\":".repeat(20_000) + "1" + "}".repeat(20_000);
    tries.refused(
        "20000 objects in one another",
        "malformed",
        () -> service.post("/v1/artifacts", nested).observed());
    tries.refused(
        "a body that says to be a gibibyte",
        "body_too_large",
        () -> {
          try (SlowSender sender = SlowSender.connect(service.url())) {
            return sender.headOfBody(1 << 30);
          }
        });
    tries.accepted("others, afterwards", () -> service.get("/livez").observed());
  }

  private static byte[] gzipped(int zeros) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      byte[] block = new byte[1 << 16];
      for (int left = zeros; left > 0; left -= block.length) {
        gzip.write(block);
      }
    }
    return out.toByteArray();
  }

  private static byte[] gzipped(String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }

  private void parallel(Tries tries) throws Exception {
    CorpusHost host = early.orElseThrow().host;
    String application = host.application(host.challenge());
    List<CompletableFuture<Reply>> asked = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      asked.add(service.postAsync("/v1/artifacts", application));
    }
    List<Observed> all = new ArrayList<>();
    for (CompletableFuture<Reply> each : asked) {
      all.add(each.get().observed());
    }
    long issued = all.stream().filter(Observed.ACCEPTED::equals).count();
    if (issued != 1) {
      tries.fail("exactly one of 100 must be issued, were " + issued);
    }
    for (Observed each : all) {
      if (each.verdict() == Observed.Verdict.REFUSED) {
        tries.refused("one of the others", USED, () -> each);
      } else {
        tries.accepted("one", () -> each);
      }
    }
  }
}
