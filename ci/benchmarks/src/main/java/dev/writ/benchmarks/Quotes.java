// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.evidence.Evidence;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tpm.SignedAttest;
import dev.writ.tpm.Tpm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Evidence that a simulated TPM gave, each package with a quote over other qualifying data. */
final class Quotes {
  private static final int COUNT = 256;
  private static final int NONCE_BYTES = 32;

  /** Firmware, boot loader, kernel and the PCR of IMA: what a policy is usually about. */
  private static final PcrSelection SELECTION =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14);

  private record Quote(byte[] qualifyingData, byte[] evidence) {}

  private final byte[] attestationKey;
  private final List<Quote> quotes;

  private Quotes(byte[] attestationKey, List<Quote> quotes) {
    this.attestationKey = attestationKey;
    this.quotes = quotes;
  }

  /** Starts a simulator, asks it for its quotes and stops it. */
  static Quotes ofOneHost() throws Exception {
    SecureRandom random = new SecureRandom();
    // A socket's path must be short (unix(7)), which that of a project's folder need not be.
    Path folder = Files.createTempDirectory("tpm-");
    try (SwtpmHost host =
            SwtpmHost.manufacture(folder, EndorsementAuthority.create(Instant.now(), random));
        Tpm tpm = Tpm.open(host.tcti())) {
      byte[] selection = SELECTION.encode();
      List<TpmDigest> digests =
          tpm.readPcrs(selection).values().stream()
              .map(value -> TpmDigest.of(TpmAlg.SHA256, value))
              .toList();
      PcrValues values = new PcrValues(SELECTION, digests);
      List<Quote> quotes = new ArrayList<>();
      for (int i = 0; i < COUNT; i++) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        SignedAttest signed = tpm.quote(selection, nonce);
        Evidence evidence =
            Evidence.builder().quote(signed.attest(), signed.signature()).pcrValues(values).build();
        quotes.add(new Quote(nonce, evidence.bytes()));
      }
      return new Quotes(tpm.attestationKey().publicArea(), quotes);
    }
  }

  int count() {
    return quotes.size();
  }

  PcrSelection selection() {
    return SELECTION;
  }

  /** The attestation key's TPMT_PUBLIC. */
  byte[] attestationKey() {
    return attestationKey;
  }

  /** An evidence package. */
  byte[] evidence(int index) {
    return quotes.get(index).evidence();
  }

  /** What the quote in it was asked over. */
  byte[] qualifyingData(int index) {
    return quotes.get(index).qualifyingData();
  }
}
