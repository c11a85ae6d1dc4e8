// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.evidence.CertifiedKey;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.KeyCertificationVerifier;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the generator sends is what a host sends, and what it says of its service is true. */
class LoadGeneratorTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final PcrSelection SELECTION = PcrSelection.of(TpmAlg.SHA256, 0, 7, 8);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final List<LoadHost> HOSTS = new ArrayList<>();

  @BeforeAll
  static void makeHosts() throws Exception {
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), RANDOM);
    for (String name : List.of("host-0", "host-1")) {
      HOSTS.add(
          new LoadHost(
              name,
              maker,
              Signature.getInstance("SHA256withECDSA").getProvider(),
              new Target("https://writ.example", "tenant")));
    }
  }

  private static StandIn.Answer challenge(PcrSelection selection) {
    byte[] nonce = new byte[Challenge.NONCE_BYTES];
    byte[] mac = new byte[Challenge.MAC_BYTES];
    RANDOM.nextBytes(nonce);
    RANDOM.nextBytes(mac);
    Challenge challenge =
        new Challenge(
            Octets.of(nonce), Instant.now().plusSeconds(60), selection, 1, Octets.of(mac));
    return new StandIn.Answer(
        200,
        "{\"challenge\":\""
            + Base64.getUrlEncoder().withoutPadding().encodeToString(challenge.encode())
            + "\"}");
  }

  private static StandIn.Answer good(String path) {
    return path.equals("/v1/challenges")
        ? challenge(SELECTION)
        : new StandIn.Answer(201, "{\"bundle\":1}");
  }

  private static LoadGenerator generator(StandIn service, int connections, Observer observer)
      throws Exception {
    return new LoadGenerator(service.address(), HOSTS, connections, observer, PATIENCE);
  }

  @Test
  void applications_areEachOfTheirOwnChallenge_andVerify() throws Exception {
    List<String> applications = new ArrayList<>();
    // The PCRs that are asked for change on the way.
    AtomicInteger asked = new AtomicInteger();
    try (StandIn service =
            new StandIn(
                (path, body) ->
                    path.equals("/v1/challenges") && asked.incrementAndGet() > 10
                        ? challenge(PcrSelection.of(TpmAlg.SHA256, 0, 1, 2))
                        : good(path));
        LoadGenerator generator =
            generator(
                service,
                1,
                (application, bundle) ->
                    applications.add(StandardCharsets.UTF_8.decode(application).toString()))) {
      assertThat(generator.saturate(20).issued()).isEqualTo(20);
    }

    assertThat(applications).hasSize(20).doesNotHaveDuplicates();
    for (String application : applications) {
      assertVerifies(application.substring(application.indexOf("\r\n\r\n") + 4));
    }
  }

  private static void assertVerifies(String application) throws Exception {
    Challenge challenge = Challenge.parse(bytes(application, "challenge"));
    Evidence evidence = Evidence.parse(bytes(application, "evidence"));
    int from = application.indexOf("\"request\":") + 10;
    ExecutionRequest request =
        ExecutionRequest.parse(
            application
                .substring(from, application.indexOf(",\"evidence\""))
                .getBytes(StandardCharsets.UTF_8));
    // The host's own attestation key is not in the application; it is the one whose name is there.
    TpmtPublic area = HOSTS.get(request.sub().endsWith("0") ? 0 : 1).attestationKey();
    assertThat(area.name().bytes()).isEqualTo(bytes(application, "ak_name"));
    EnrolledAk ak = (EnrolledAk) EnrolledAk.of(area);
    Hash bound =
        EvidenceBinding.qualifyingData(
            Hash.of(challenge.nonce().bytes()), request.digest(), request.jkt());
    assertThat(QuoteVerifier.verify(evidence, ak, bound.bytes(), challenge.selection()))
        .isInstanceOf(VerifiedQuote.class);
    assertThat(
            KeyCertificationVerifier.verify(
                evidence.keyCertification().orElseThrow(),
                ak,
                EvidenceBinding.keyCertification(request.jkt()).bytes()))
        .isInstanceOf(CertifiedKey.class);
  }

  private static byte[] bytes(String json, String member) {
    Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"]*)\"").matcher(json);
    assertThat(matcher.find()).isTrue();
    return Base64.getUrlDecoder().decode(matcher.group(1));
  }

  @Test
  void stall_isChargedWithAllThatWouldHaveBeenAskedMeanwhile() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (StandIn service =
            new StandIn(
                (path, body) -> {
                  if (path.equals("/v1/artifacts") && count.incrementAndGet() == 20) {
                    Thread.sleep(500);
                  }
                  return good(path);
                });
        LoadGenerator generator = generator(service, 1, Observer.NONE)) {
      LoadResult result = generator.offer(100, Duration.ofSeconds(1));

      assertThat(result.failures()).isEmpty();
      assertThat(result.issued()).isEqualTo(100);
      // One request was slow; the fifty behind it waited up to half a second for their turn.
      assertThat(result.application().getCountBetweenValues(400_000, 10_000_000)).isEqualTo(1);
      assertThat(result.whole().getCountBetweenValues(100_000, 10_000_000)).isGreaterThan(30);
    }
  }

  @Test
  void serviceThatIsTooSlow_doesNotHoldTheRate() throws Exception {
    try (StandIn service =
            new StandIn(
                (path, body) -> {
                  Thread.sleep(5);
                  return good(path);
                });
        LoadGenerator generator = generator(service, 2, Observer.NONE)) {
      LoadResult result = generator.offer(400, Duration.ofMillis(500));

      assertThat(result.issued()).isEqualTo(200);
      assertThat(result.isHeld(400, Duration.ofMinutes(1))).isFalse();
      assertThat(result.perSecond()).isBetween(100.0, 220.0);
    }
  }

  @Test
  void refusals_areCountedByStatusAndReason() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (StandIn service =
            new StandIn(
                (path, body) ->
                    count.incrementAndGet() % 3 == 0
                        ? new StandIn.Answer(503, "{\"reason\":\"overloaded\"}")
                        : good(path));
        LoadGenerator generator = generator(service, 1, Observer.NONE)) {
      LoadResult result = generator.saturate(10);

      assertThat(result.failures().values().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(10 - result.issued());
      assertThat(result.failures().keySet())
          .isSubsetOf("application 503 overloaded", "challenge 503 overloaded")
          .isNotEmpty();
    }
  }

  @Test
  void serviceThatDies_leavesWhatWasUnderWay() throws Exception {
    List<ByteBuffer> unanswered = new ArrayList<>();
    AtomicInteger count = new AtomicInteger();
    StandIn service =
        new StandIn(
            (path, body) -> {
              if (path.equals("/v1/artifacts") && count.incrementAndGet() > 5) {
                throw new IllegalStateException("dies");
              }
              return good(path);
            });
    Observer observer =
        new Observer() {
          @Override
          public void issued(ByteBuffer application, ByteBuffer bundle) {}

          @Override
          public void unanswered(ByteBuffer application) {
            unanswered.add(application);
            close(service);
          }
        };
    try (LoadGenerator generator = generator(service, 1, observer)) {
      LoadResult result = generator.saturate(Duration.ofSeconds(20));

      assertThat(result.issued()).isEqualTo(5);
      assertThat(unanswered).hasSizeGreaterThanOrEqualTo(1);
      assertThat(result.failures().keySet()).allMatch(failure -> failure.contains("connection"));
    }
  }

  private static void close(StandIn service) {
    try {
      service.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
