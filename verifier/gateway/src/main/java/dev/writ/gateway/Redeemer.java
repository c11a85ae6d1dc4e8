// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BorrowedMemory;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.Possession;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.RedemptionClaims;
import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.Seen;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * Judges artifacts of which the service counts the uses: all else offline, as any gateway does, and the use,
 * last, by asking the service for it. Its answer is believed for the leaf and proof that it is, never for the
 * connection. Where none comes in time nothing is allowed; a use may then be gone, which is the way to err.
 *
 * <p>An answer that is lost is asked for again, of the next node, with the same key in the question: it is
 * the same use. Whoever answered last is asked first, and none is waited for longer than its part of the
 * patience, whether it is silent or slow to say what it says. Safe for use by any number of threads; each
 * waits for its own answer.
 */
public final class Redeemer {
  static final String USES = "/v1/uses";

  private static final int CREATED = 201;
  private static final int PAUSE_MILLIS = 50;
  private static final Pattern DENIED =
      Pattern.compile("\"type\"\\s*:\\s*\"urn:writ:denial:([a-z_]{1,64})\"");
  private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(30);

  private final List<URI> services;
  private final Optional<SSLContext> tls;
  private final Supplier<BundleVerifier> verifier;
  private final GatewayKey key;
  private final Duration patience;
  private final InstantSource clock;
  private final SecureRandom random;

  /** Which of the services answered last. */
  private volatile int answering;

  /**
   * A judge that asks.
   *
   * @param services nodes of one service: https, or http on this machine; each is asked in turn
   * @param tls says which servers are believed; needed for https
   * @param verifier of the trust file that the gateway goes by now
   * @param key the gateway's
   * @param patience how long an answer may take in all, at most 30 s, beside what the resolver of this
   *     machine takes to find a node by its name. Each attempt has an equal part of it, of as many as there
   *     are nodes
   */
  public Redeemer(
      List<URI> services,
      Optional<SSLContext> tls,
      Supplier<BundleVerifier> verifier,
      GatewayKey key,
      Duration patience,
      InstantSource clock,
      SecureRandom random) {
    this.services = List.copyOf(services);
    if (services.isEmpty()) {
      throw new IllegalArgumentException("a service must be known to ask, none is");
    }
    services.forEach(service -> RevocationFollower.requireFit(service, tls.isPresent()));
    if (patience.isNegative() || patience.isZero() || patience.compareTo(LONGEST_PATIENCE) > 0) {
      throw new IllegalArgumentException(
          "patience must be more than nothing and at most "
              + LONGEST_PATIENCE.toSeconds()
              + " s, was "
              + patience);
    }
    this.tls = tls;
    this.verifier = verifier;
    this.key = key;
    this.patience = patience;
    this.clock = clock;
    this.random = random;
  }

  /** For whom a holder shows possession. */
  public Presentation.Audience audience() {
    return new Presentation.Audience.ServiceJudged(key.kid());
  }

  /**
   * Judges a bundle, and takes a use of it where all else holds.
   *
   * @param bundle the bundle's bytes
   * @param presentation what this gateway demands: action and possession among it; its audience is {@link
   *     #audience}
   * @param seen the gateway's memory of status
   * @throws IllegalArgumentException if no action or no possession is demanded
   */
  public Verdict verify(byte[] bundle, Presentation presentation, Seen seen) {
    if (presentation.action().isEmpty() || presentation.possession().isEmpty()) {
      throw new IllegalArgumentException(
          "who asks for a use must demand an action and possession of the key, demands "
              + presentation);
    }
    BundleVerifier judge = verifier.get();
    return judge.verify(
        bundle,
        presentation.withAudience(audience()),
        new Asking(
            judge,
            bundle.clone(),
            presentation.action().get(),
            presentation.possession().get(),
            seen),
        clock.instant());
  }

  /** A gateway's memory, with the service's count of uses in place of its own. */
  private final class Asking extends BorrowedMemory {
    private final BundleVerifier judge;
    private final byte[] bundle;
    private final ActionAtHand action;
    private final Possession possession;

    Asking(
        BundleVerifier judge,
        byte[] bundle,
        ActionAtHand action,
        Possession possession,
        Seen seen) {
      super(seen);
      this.judge = judge;
      this.bundle = bundle;
      this.action = action;
      this.possession = possession;
    }

    @Override
    public Redemption redeem(Artifact artifact) {
      byte[] fresh = new byte[Hash.BYTES];
      random.nextBytes(fresh);
      RedemptionClaims claims =
          new RedemptionClaims(
              artifact.claims().jti(),
              artifact.digest(),
              Hash.of(fresh),
              action,
              Instant.ofEpochMilli(clock.millis()),
              Optional.of(possession));
      byte[] input =
          RedemptionStatement.signingInput(new OutcomeStatement.Signer.Gateway(key.kid()), claims);
      try {
        RedemptionStatement asked = RedemptionStatement.assemble(input, key.sign(input));
        return ask(judge, body(bundle, asked), asked, artifact);
      } catch (GeneralSecurityException e) {
        return unverifiable("the gateway's key must sign the question, and cannot: " + e);
      }
    }

    @Override
    public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
      // Of an artifact that names another judge: this gateway is not it.
      return UseOutcome.UNAVAILABLE;
    }
  }

  /** The bundle is a JSON object already, which the verifier has read. */
  private static byte[] body(byte[] bundle, RedemptionStatement asked) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(bundle.length + 1024);
    body.writeBytes("{\"bundle\":".getBytes(StandardCharsets.US_ASCII));
    body.writeBytes(bundle);
    body.writeBytes(
        (",\"redemption\":\"" + asked.compact() + "\"}").getBytes(StandardCharsets.US_ASCII));
    return body.toByteArray();
  }

  private Redemption ask(
      BundleVerifier judge, byte[] body, RedemptionStatement asked, Artifact artifact) {
    long end = System.nanoTime() + patience.toNanos();
    int nodes = services.size();
    int first = answering;
    String why = "nobody was asked";
    for (int turn = 0; System.nanoTime() - end < 0; turn++) {
      int node = (first + turn) % nodes;
      URI service = services.get(node);
      try {
        Answer answer =
            post(service, body, Math.min(end - System.nanoTime(), patience.toNanos() / nodes));
        Optional<DenialCode> denied = denied(answer);
        if (answer.status() == CREATED) {
          answering = node;
          return judge.judgeRedemption(answer.body(), asked, artifact, clock.instant());
        } else if (denied.isPresent()) {
          answering = node;
          return new Redemption.Denied(
              denied.get(), "the service denied it: " + denied.get().wire());
        }
        why = service + " answered " + answer.status();
      } catch (IOException e) {
        why = service + ": " + e.getMessage();
      }
      try {
        // A node that was not asked yet need not be waited for.
        Thread.sleep((turn + 1) % nodes == 0 ? PAUSE_MILLIS : 0);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return unverifiable("whoever waits for the service was interrupted");
      }
    }
    return unverifiable("the service must answer within " + patience.toMillis() + " ms: " + why);
  }

  private record Answer(int status, byte[] body) {}

  private Answer post(URI service, byte[] body, long nanos) throws IOException {
    try (HttpStream stream = new HttpStream()) {
      stream.closeAt(System.nanoTime() + nanos);
      try {
        return answer(stream.post(service, tls, USES, body, Duration.ofNanos(nanos)));
      } catch (IOException e) {
        throw stream.isOver()
            ? new IOException(
                "a node must answer within "
                    + TimeUnit.NANOSECONDS.toMillis(nanos)
                    + " ms, did not",
                e)
            : e;
      }
    }
  }

  private static Answer answer(HttpStream.Response response) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    for (int count = response.body().read(part); count >= 0; count = response.body().read(part)) {
      read.write(part, 0, count);
      if (read.size() > RedemptionReceipt.MAX_BYTES) {
        throw new IOException(
            "an answer must have at most " + RedemptionReceipt.MAX_BYTES + " bytes, has more");
      }
    }
    return new Answer(response.status(), read.toByteArray());
  }

  /** Of an answer that says that it judged; any other may be better the next time. */
  private static Optional<DenialCode> denied(Answer answer) {
    if (answer.status() < 400 || answer.status() >= 500 || answer.status() == 429) {
      return Optional.empty();
    }
    Matcher code = DENIED.matcher(new String(answer.body(), StandardCharsets.UTF_8));
    return code.find()
        ? Arrays.stream(DenialCode.values())
            .filter(known -> known.wire().equals(code.group(1)))
            .findAny()
        : Optional.empty();
  }

  private static Redemption unverifiable(String why) {
    return new Redemption.Denied(DenialCode.UNVERIFIABLE, why);
  }
}
