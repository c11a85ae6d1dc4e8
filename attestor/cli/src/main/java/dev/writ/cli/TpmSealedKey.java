// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.MemoryEd25519Key;
import dev.writ.hsm.Token;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import dev.writ.tpm.UnsealOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * Seals the Ed25519 key of a token that neither has one nor can wrap one. It lies under the approver of the
 * sealed PIN, and under what he approved for that: a renewal of the PIN is one of the key, and needs no file
 * of it.
 *
 * @param sealedPin the file of the sealed PIN
 * @param tpm the TCTI of this host's TPM
 */
record TpmSealedKey(Path sealedPin, String tpm) {
  /** Makes a key and seals it: the content of a {@link SealedKeyFile}. */
  byte[] make(SecureRandom random) throws IOException {
    try (MemoryEd25519Key.Halves halves = MemoryEd25519Key.generate(random);
        Tpm opened = Tpm.open(tpm)) {
      return new SealedKeyFile(halves.point(), opened.seal(halves.seed(), pin().data().approver()))
          .toJson();
    } catch (TpmException e) {
      throw new IOException("the TPM must seal a key, and does not: " + e.getMessage(), e);
    }
  }

  /**
   * Unseals it.
   *
   * @param file as {@link #make} gave it
   */
  Ed25519Key open(byte[] file, Token token, KeyInventory inventory)
      throws IOException, HsmException {
    SealedPinFile pin = pin();
    SealedKeyFile sealed = SealedKeyFile.parse(file, pin.data().approver());
    try (Tpm opened = Tpm.open(tpm)) {
      UnsealOutcome outcome = opened.unseal(sealed.data(), pin.approved());
      if (outcome instanceof UnsealOutcome.Unsealed unsealed) {
        try (unsealed) {
          return MemoryEd25519Key.sealed(token, inventory, unsealed.secret(), sealed.point());
        }
      }
      throw new IOException("the key stays sealed: " + UnsealRefusal.sentence(outcome));
    } catch (TpmException e) {
      throw new IOException("the key cannot be unsealed: " + e.getMessage(), e);
    }
  }

  private SealedPinFile pin() throws IOException {
    try {
      return SealedPinFile.read(sealedPin);
    } catch (MalformedSealedPinException e) {
      throw new IOException("the sealed PIN " + sealedPin + ": " + e.getMessage(), e);
    }
  }
}
