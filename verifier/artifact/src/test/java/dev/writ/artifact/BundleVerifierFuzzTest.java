// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The verifier is total, and no bug hides behind {@code unverifiable}. */
class BundleVerifierFuzzTest {
  private static final BundleVerifier VERIFIER =
      BundleVerifier.of(TestWorld.trust(TestWorld.statusTrust()));
  private static final byte[] VALID = Issuance.withStatus().token(StatusIssuance.valid()).bundle();

  @FuzzTest
  void verify_anyBytes_endsInAVerdict(byte[] input) {
    judge(input, TestWorld.presentation(), TestWorld.NOW);
  }

  /** A valid bundle with some of its bytes overwritten, so that the later checks are reached too. */
  @FuzzTest
  void verify_validBundleOverwritten_endsInAVerdict(FuzzedDataProvider input) {
    byte[] bundle = VALID.clone();
    for (int i = input.consumeInt(0, 8); i > 0; i--) {
      bundle[input.consumeInt(0, bundle.length - 1)] = input.consumeByte();
    }
    judge(bundle, TestWorld.presentation(), TestWorld.NOW);
  }

  /** Any token text in a valid bundle, and by itself, ends in a verdict, and in no allow. */
  @FuzzTest
  void verify_anyStatusToken_endsInAVerdict(FuzzedDataProvider input) {
    String text = input.consumeRemainingAsString();
    judge(
        Issuance.withStatus().token(() -> text).bundle(), TestWorld.presentation(), TestWorld.NOW);
    if (!(VERIFIER.learn(text, Seen.NOTHING_IS_USED, TestWorld.NOW)
        instanceof StatusVerdict.Refused refused)) {
      throw new AssertionError("only a status key's token may be learned");
    }
    if (refused.reason().startsWith("a bug of the verifier")) {
      throw new AssertionError(refused.toString());
    }
  }

  @FuzzTest
  void verify_anyPresentation_endsInAVerdict(FuzzedDataProvider input) {
    Hash hash = Hash.sha256(input.consumeBytes(32));
    HostState host =
        new HostState(
            input.consumeBoolean() ? TestWorld.AK : TestWorld.OTHER_AK,
            List.of(),
            hash,
            input.consumeLong(),
            input.consumeLong());
    Presentation presentation =
        new Presentation(
            input.consumeBoolean()
                ? Optional.of(new Presentation.Audience.ExecutionHere(host))
                : Optional.of(new Presentation.Audience.Gateway(input.consumeString(40))),
            input.consumeBoolean() ? Optional.of("acme") : Optional.of(input.consumeString(10)),
            Optional.of(new Possession(TestKey.INSTANCE.publicKey(), hash, input.consumeBytes(80))),
            Optional.of(host),
            Optional.of(
                new ActionAtHand(
                    input.consumeString(10),
                    input.consumeString(20),
                    hash,
                    Map.of(input.consumeString(10), input.consumeLong()))),
            Optional.of(new Presentation.Obligations(Set.of(input.consumeString(5)), Set.of())),
            Optional.empty());
    Instant now =
        input.consumeBoolean()
            ? Instant.ofEpochSecond(
                input.consumeLong(Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()))
            : TestWorld.NOW;
    judge(VALID, presentation, now);
  }

  private static void judge(byte[] bundle, Presentation presentation, Instant now) {
    Verdict verdict = VERIFIER.verify(bundle, presentation, Seen.NOTHING_IS_USED, now);
    if (verdict.checks().size() != CheckName.values().length) {
      throw new AssertionError("every check must be listed");
    }
    for (Check check : verdict.checks()) {
      // At the start: what was found may quote the input, and the fuzzer can spell.
      if (check.outcome() == Check.Outcome.FAILED
          && check.actual().startsWith("a bug of the verifier")) {
        throw new AssertionError(check.toString());
      }
    }
    if (verdict instanceof Verdict.Allowed && !Arrays.equals(bundle, VALID)) {
      throw new AssertionError("only the valid bundle may be allowed");
    }
  }
}
