// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.WitnessRule;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;

/**
 * A process with a witness that cosigns tree after tree of a log and says each size once it has the
 * cosignature, until it is killed.
 */
final class CrashingWitness {
  static final String ORIGIN = "log.example";

  private CrashingWitness() {}

  /** Folder, then the key pairs of witness and log. */
  public static void main(String[] args) throws Exception {
    SampleLog log = new SampleLog(ORIGIN, pair(args[2]));
    try (Witness witness = open(Path.of(args[0]), pair(args[1]), log)) {
      int seen = Integer.parseInt(args[3]);
      log = log.growNumbered(seen);
      while (true) {
        log = log.growNumbered(1);
        AddCheckpointAnswer answer = witness.add(log.request(seen, seen + 1));
        if (answer instanceof AddCheckpointAnswer.Conflict conflict) {
          int stored = Math.toIntExact(conflict.storedSize());
          log = log.growNumbered(stored - seen);
          seen = stored - 1;
        } else if (!(answer instanceof AddCheckpointAnswer.Cosigned)) {
          throw new IllegalStateException("it must cosign, said " + answer);
        }
        seen++;
        System.out.println(seen + " .");
      }
    }
  }

  static Witness open(Path folder, KeyPair pair, SampleLog log) throws LedgerException {
    return Witness.open(
        folder,
        Cosigner.of("witness.example", pair),
        new WitnessRule(List.of(log.signer.key())),
        InstantSource.system(),
        forked -> {});
  }

  static String text(KeyPair pair) {
    Base64.Encoder base64 = Base64.getEncoder();
    return base64.encodeToString(pair.getPublic().getEncoded())
        + ","
        + base64.encodeToString(pair.getPrivate().getEncoded());
  }

  private static KeyPair pair(String text) throws GeneralSecurityException {
    String[] parts = text.split(",", 2);
    Base64.Decoder base64 = Base64.getDecoder();
    KeyFactory factory = KeyFactory.getInstance("Ed25519");
    return new KeyPair(
        factory.generatePublic(new X509EncodedKeySpec(base64.decode(parts[0]))),
        factory.generatePrivate(new PKCS8EncodedKeySpec(base64.decode(parts[1]))));
  }
}
