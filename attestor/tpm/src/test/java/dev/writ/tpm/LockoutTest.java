// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_NONE;
import static dev.writ.tpm.Esapi.ESYS_TR_PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.jna.Pointer;
import dev.writ.evidence.MakeCredential;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dictionary attack lockout (TPM 2.0 Library Part 1, section 19.8), and retries. */
final class LockoutTest {
  private static final int MAX_TRIES = 2;
  private static final int RECOVERY_SECONDS = 1_234;

  private static SwtpmHost made;

  @TempDir private Path folder;
  private SwtpmHost host;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    made =
        SwtpmHost.manufacture(
            factory, EndorsementAuthority.create(Instant.now(), new SecureRandom()));
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(folder);
  }

  @AfterEach
  void stop() {
    host.close();
  }

  @Test
  void activation_inLockout_saysWhenAndHowItEnds() throws Exception {
    TpmCredential credential;
    try (Tpm tpm = Tpm.open(host.tcti())) {
      credential =
          (TpmCredential)
              MakeCredential.make(
                  TpmtPublic.parse(
                      tpm.endorsementKey(EndorsementKeyKind.ECC_P384_HIGH).publicArea()),
                  TpmName.parse(tpm.attestationKey().name()),
                  new byte[32],
                  new SecureRandom());
    }
    lockOut();

    try (Tpm tpm = Tpm.open(host.tcti())) {
      TpmException refusal =
          catchThrowableOfType(
              TpmException.class,
              () ->
                  tpm.activateCredential(
                      EndorsementKeyKind.ECC_P384_HIGH,
                      credential.tpm2bIdObject(),
                      credential.tpm2bEncryptedSecret()));

      assertThat(refusal.codeName()).isEqualTo("TPM_RC_LOCKOUT");
      assertThat(refusal)
          .hasMessageContaining("try again in " + RECOVERY_SECONDS + " s")
          .hasMessageContaining("tpm2_dictionarylockout --clear-lockout");
      // Attestation goes on: neither of Writ's own keys is subject to lockout.
      assertThat(tpm.quote(new byte[] {0, 0, 0, 1, 0, 0xb, 3, 1, 0, 0}, new byte[32]).attest())
          .isNotEmpty();
    }
  }

  /** Guesses at an endorsement key of the high range, whose use takes an authorization value. */
  private void lockOut() throws TpmException {
    TpmContext context = TpmContext.open(host.tcti());
    try (Frame frame = new Frame()) {
      context.call(
          "TPM2_DictionaryAttackParameters",
          esys ->
              EsapiForTests.Esys_DictionaryAttackParameters(
                  esys,
                  EsapiForTests.ESYS_TR_RH_LOCKOUT,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  MAX_TRIES,
                  RECOVERY_SECONDS,
                  RECOVERY_SECONDS));
      Commands commands = new Commands(context);
      int key =
          commands
              .createPrimary(
                  frame, Esapi.ESYS_TR_RH_ENDORSEMENT, EndorsementKeyKind.ECC_P384_HIGH.template())
              .handle();
      Pointer wrong = frame.in(WireType.TPM2B_DIGEST, new byte[] {0, 1, 'x'});
      context.call("", esys -> EsapiForTests.Esys_TR_SetAuth(esys, key, wrong));
      for (int i = 0; i < MAX_TRIES; i++) {
        assertThatThrownBy(
                () -> {
                  WrappedKey unreachable =
                      commands.create(key, EndorsementKeyKind.ECC_P256_LOW.template());
                  assertThat(unreachable).isNull();
                })
            .isInstanceOfSatisfying(
                TpmException.class, e -> assertThat(e.codeName()).isEqualTo("TPM_RC_AUTH_FAIL"));
      }
    } finally {
      context.close();
    }
  }

  @Test
  void command_thatTheTpmAsksToRepeat_isRepeated() throws Exception {
    TpmContext context = TpmContext.open(host.tcti());
    try {
      int[] answers = {0x922, 0x908, 0x90a, 0};
      int[] sent = {0};
      context.call("TPM2_Test", esys -> answers[sent[0]++]);
      assertThat(sent[0]).isEqualTo(answers.length);
    } finally {
      context.close();
    }
  }

  @Test
  void command_thatTheTpmAsksToRepeatForEver_isGivenUp() throws Exception {
    TpmContext context = TpmContext.open(host.tcti());
    try {
      int[] sent = {0};
      assertThatThrownBy(
              () ->
                  context.call(
                      "TPM2_Test",
                      esys -> {
                        sent[0]++;
                        return 0x922;
                      }))
          .isInstanceOf(TpmException.class)
          .hasMessageContaining("TPM_RC_RETRY");
      assertThat(sent[0]).isEqualTo(8);
    } finally {
      context.close();
    }
  }
}
