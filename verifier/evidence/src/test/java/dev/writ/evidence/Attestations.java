// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** One attested part of each type. */
final class Attestations {
  private static final TpmName NAME = SoftwareAk.p256().publicArea.name();
  private static final Octets DIGEST = Statement.value(TpmAlg.SHA256, 0).value();

  private Attestations() {}

  static Attested of(AttestType type) {
    TpmWriter content = new TpmWriter();
    switch (type) {
      case QUOTE -> {
        return new Attested.Quote(Statement.ASKED, DIGEST);
      }
      case CERTIFY -> {
        return new Attested.Certify(NAME, NAME.qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY));
      }
      case CREATION -> {
        return new Attested.Creation(NAME, DIGEST);
      }
      case NV -> content.tpm2b(NAME.value()).u16(0).tpm2b(new byte[] {1, 2, 3});
      case COMMAND_AUDIT -> content.u64(9).alg(TpmAlg.SHA256).tpm2b(DIGEST).tpm2b(DIGEST);
      case SESSION_AUDIT -> content.u8(1).tpm2b(DIGEST);
      case TIME -> {
        content.u64(55);
        Statement.CLOCK.write(content);
        content.u64(66);
      }
    }
    return new Attested.Other(type, Octets.of(content.toByteArray()));
  }
}
