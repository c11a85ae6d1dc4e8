// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Sentence;
import dev.writ.hsm.SealedPin;
import dev.writ.hsm.SealedPinException;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import dev.writ.tpm.UnsealOutcome;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A PIN in a {@link SealedPinFile}. The file is read, and the TPM opened, each time: a renewed file is in
 * force at once, and between logins no connection to the TPM stands.
 *
 * @param file of the sealed PIN
 * @param tpm the TCTI of this host's TPM
 */
record TpmSealedPin(Path file, String tpm) implements SealedPin {
  @Override
  public byte[] unseal() throws SealedPinException {
    try {
      SealedPinFile sealed = SealedPinFile.read(file);
      try (Tpm opened = Tpm.open(tpm)) {
        UnsealOutcome outcome = opened.unseal(sealed.data(), sealed.approved());
        if (outcome instanceof UnsealOutcome.Unsealed unsealed) {
          return unsealed.secret();
        }
        throw new SealedPinException(
            "the PIN in " + file + " stays sealed: " + UnsealRefusal.sentence(outcome));
      }
    } catch (IOException | MalformedSealedPinException e) {
      throw new SealedPinException(Sentence.of("the sealed PIN " + file, e), e);
    } catch (TpmException e) {
      throw new SealedPinException(
          "the PIN in " + file + " cannot be unsealed: " + e.getMessage(), e);
    }
  }
}
