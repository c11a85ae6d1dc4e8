// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import dev.writ.artifact.Verdict;
import dev.writ.artifact.VerificationKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command believes after it followed a folder and a service, of which it believes neither. */
class FollowedTrustTest {
  private static final Path EXAMPLE =
      Path.of("../../verifier/artifact/src/test/resources/worked-example");
  private static final Instant DURING = Instant.parse("2026-11-02T08:01:00Z");

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();
  private KeyPair operator;
  private TrustFile first;
  private TrustFile second;
  private TrustFile third;

  @BeforeEach
  void publish() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    operator = generator.generateKeyPair();
    TrustContent example = TrustFile.parse(trustBytes()).content();
    first = TrustFile.of(content(example, 1, Optional.empty()), List.of());
    second = signed(first);
    third = signed(second);
  }

  private static byte[] trustBytes() throws IOException {
    return Files.readAllBytes(EXAMPLE.resolve("trust.json"));
  }

  private TrustContent content(TrustContent c, long version, Optional<TrustFile> before) {
    return new TrustContent(
        c.issuer(),
        version,
        before.map(TrustFile::digest),
        c.assurance(),
        c.keys(),
        c.logPolicy(),
        c.status(),
        c.skew(),
        c.tls(),
        c.policyApprovers(),
        c.gateways(),
        new KeyQuorum(1, List.of(VerificationKey.of((ECPublicKey) operator.getPublic()))));
  }

  private TrustFile unsigned(TrustFile before) {
    return TrustFile.of(
        content(before.content(), before.content().version() + 1, Optional.of(before)), List.of());
  }

  private TrustFile signed(TrustFile before) throws Exception {
    TrustFile next = unsigned(before);
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(operator.getPrivate());
    signature.update(next.content().signingInput());
    return next.with(
        new OperatorSignature(
            VerificationKey.of((ECPublicKey) operator.getPublic()).kid(), signature.sign()));
  }

  private FollowedTrust followed() throws CommandFailure {
    return FollowedTrust.from(first, folder, warnings::add);
  }

  private static TrustSuccession.Published published(TrustFile... files) {
    return version -> {
      for (TrustFile file : files) {
        if (file.content().version() == version) {
          return Optional.of(file.toJson());
        }
      }
      return Optional.empty();
    };
  }

  @Test
  void service_withNewerFiles_isFollowedAndWhatFollowsIsKept() throws Exception {
    FollowedTrust trust = followed();

    assertThat(trust.follow(published(second, third))).isTrue();

    assertThat(trust.newest().digest()).isEqualTo(third.digest());
    assertThat(followed().newest().digest()).as("offline").isEqualTo(third.digest());
    assertThat(warnings).isEmpty();
  }

  @Test
  void service_withNothingNewer_changesNothing() throws Exception {
    FollowedTrust trust = followed();

    assertThat(trust.follow(published(first))).isFalse();

    assertThat(trust.newest()).isSameAs(first);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void service_withAFileThatNobodySigned_isFollowedUpToIt() throws Exception {
    FollowedTrust trust = followed();

    assertThat(trust.follow(published(second, unsigned(second)))).isTrue();

    assertThat(trust.newest().digest()).isEqualTo(second.digest());
    assertThat(warnings).singleElement().asString().contains("version 3").contains("operators");
    assertThat(folder.resolve("2.json")).exists();
    assertThat(folder.resolve("3.json")).doesNotExist();
  }

  @Test
  void service_thatCannotBeAsked_isAWarningAndNoFailure() throws Exception {
    FollowedTrust trust = followed();

    boolean followed =
        trust.follow(
            version -> {
              throw new IOException("away");
            });

    assertThat(followed).isFalse();
    assertThat(trust.newest()).isSameAs(first);
    assertThat(warnings).singleElement().asString().contains("away");
  }

  @Test
  void service_thatEndsOnTheWay_leavesWhatWasFollowedUpToThere() throws Exception {
    FollowedTrust trust = followed();

    boolean followed =
        trust.follow(
            version -> {
              if (version == 2) {
                return Optional.of(second.toJson());
              }
              throw new IOException("away");
            });

    assertThat(followed).isTrue();
    assertThat(trust.newest().digest()).isEqualTo(second.digest());
    assertThat(warnings).singleElement().asString().contains("away");
    assertThat(followed().newest().digest()).isEqualTo(second.digest());
  }

  @Test
  void folder_withAFileThatWasChanged_isLeftUntilTheServiceHasTheRightOne() throws Exception {
    Files.write(folder.resolve("2.json"), unsigned(first).toJson());

    FollowedTrust trust = followed();

    assertThat(trust.newest()).isSameAs(first);
    assertThat(warnings).singleElement().asString().contains("--trust-folder").contains("left");
    assertThat(trust.follow(published(second))).isTrue();
    assertThat(followed().newest().digest()).isEqualTo(second.digest());
  }

  @Test
  void noFolder_keepsNothing() throws Exception {
    FollowedTrust trust = FollowedTrust.from(first, null, warnings::add);

    assertThat(trust.follow(published(second))).isTrue();

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void verifier_thatAllows_asksNobody() throws Exception {
    TrustFile example = TrustFile.parse(trustBytes());
    FollowingVerifier verifier =
        new FollowingVerifier(
            FollowedTrust.from(example, null, warnings::add),
            Optional.of(
                version -> {
                  throw new AssertionError("nobody is to be asked");
                }));

    assertThat(
            verifier.verify(
                Files.readAllBytes(EXAMPLE.resolve("bundle.json")),
                Presentation.NOTHING,
                Seen.NOTHING_IS_USED,
                DURING))
        .isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void verifier_thatMayHaveMissedAFile_asksOnce() throws Exception {
    TrustFile example = TrustFile.parse(trustBytes());
    List<Long> asked = new ArrayList<>();
    FollowingVerifier verifier =
        new FollowingVerifier(
            FollowedTrust.from(example, null, warnings::add),
            Optional.of(
                version -> {
                  asked.add(version);
                  return Optional.empty();
                }));

    Verdict verdict =
        verifier.verify(
            Files.readAllBytes(EXAMPLE.resolve("bundle.json")),
            Presentation.NOTHING,
            Seen.NOTHING_IS_USED,
            DURING.plusSeconds(4 * 365 * 86_400L));

    assertThat(verdict).isInstanceOf(Verdict.Denied.class);
    assertThat(asked).containsExactly(2L);
  }
}
