// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A TPMS_ATTEST in the making: valid as it starts out, each part replaceable. */
final class Statement {
  static final byte[] QUALIFYING_DATA =
      TpmAlg.SHA256.newDigest().digest("challenge".getBytes(StandardCharsets.US_ASCII));

  static final PcrSelection ASKED =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 7).and(TpmAlg.SHA384, 0, 4);

  static final ClockInfo CLOCK = new ClockInfo(123_456, 7, 3, true);

  long magic = TpmsAttest.TPM_GENERATED;
  TpmName signer = TpmName.ENDORSEMENT_HIERARCHY;
  byte[] extraData = QUALIFYING_DATA;
  Attested attested;

  private Statement(Attested attested) {
    this.attested = attested;
  }

  /** A quote of {@link #ASKED} with {@link #values}. */
  static Statement quote(TpmAlg schemeHash) {
    return new Statement(new Attested.Quote(ASKED, values(ASKED).pcrDigest(schemeHash).value()));
  }

  static Statement certification(TpmtPublic key) {
    TpmName qualified = key.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY);
    return new Statement(new Attested.Certify(key.name(), qualified));
  }

  static Statement creation(TpmtPublic created, CreationData data) {
    return new Statement(
        new Attested.Creation(created.name(), data.digest(created.nameAlg()).value()));
  }

  /** A value for each selected PCR that names it. */
  static PcrValues values(PcrSelection selection) {
    List<TpmDigest> digests = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      for (int index : bank.indices()) {
        digests.add(value(bank.hash(), index));
      }
    }
    return new PcrValues(selection, digests);
  }

  static TpmDigest value(TpmAlg bank, int index) {
    byte[] event = ("PCR " + index).getBytes(StandardCharsets.US_ASCII);
    return TpmDigest.of(bank, bank.newDigest().digest(event));
  }

  Statement withMagic(long other) {
    magic = other;
    return this;
  }

  Statement withSigner(TpmName other) {
    signer = other;
    return this;
  }

  Statement withExtraData(byte[] other) {
    extraData = other;
    return this;
  }

  Statement withAttested(Attested other) {
    attested = other;
    return this;
  }

  byte[] bytes() {
    return TpmsAttest.marshal(
        magic, signer, Octets.of(extraData), CLOCK, 0x2019_1023_0016_3636L, attested);
  }

  TpmsAttest parsed() {
    try {
      return TpmsAttest.parse(bytes());
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }
}
