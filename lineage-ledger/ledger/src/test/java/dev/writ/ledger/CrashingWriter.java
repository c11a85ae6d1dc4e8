// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.NoteSigner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The process that {@link KillTest} kills: commits from several threads, each nonce from two of them,
 * and prints a line for each receipt once it has it: nonce, leaf and proof. Beside them it reserves
 * blocks of status indices, takes snapshots, issues and revokes, and prints those too. Ends when its
 * input does.
 */
final class CrashingWriter {
  private static final int THREADS = 8;

  private CrashingWriter() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    Ledger ledger = TestLedgers.open(folder.resolve("store"), signer(folder));
    for (int i = 0; i < THREADS; i++) {
      Deadlines.daemon(() -> commitForEver(ledger), "writer-" + i).start();
    }
    Deadlines.daemon(() -> revokeForEver(ledger), "revoker").start();
    while (System.in.read() >= 0) {
      // The parent lives.
    }
    Runtime.getRuntime().halt(0);
  }

  private static void commitForEver(Ledger ledger) {
    PrintStream out = System.out;
    Base64.Encoder base64 = Base64.getEncoder();
    while (true) {
      Hash nonce = Samples.nonce();
      var outcomes =
          List.of(
              ledger.commit(Samples.issue(nonce)).toCompletableFuture(),
              ledger.commit(Samples.issue(nonce)).toCompletableFuture());
      for (var outcome : outcomes) {
        if (outcome.join() instanceof Receipt receipt) {
          byte[] proof = receipt.tlogProof().format().getBytes(StandardCharsets.UTF_8);
          out.println(
              nonce.hex()
                  + " "
                  + base64.encodeToString(receipt.leaf().bytes())
                  + " "
                  + base64.encodeToString(proof)
                  + " .");
        }
      }
    }
  }

  /** Uses up one index after the other, each time taking a new block and a new snapshot. */
  private static void revokeForEver(Ledger ledger) {
    PrintStream out = System.out;
    while (true) {
      StatusBlock block = ledger.reserveStatusBlock(Samples.LATER).toCompletableFuture().join();
      out.println("block " + block.index(0).number() + " .");
      UuidV7 jti = Samples.uuid();
      StateChange artifact =
          new StateChange.RecordArtifact(jti, Samples.LATER, Optional.of(block.index(0)));
      StateChange revocation = new StateChange.RevokeArtifact(jti);
      if (ledger.commit(Entry.of(Samples.leaf(jti), artifact)).toCompletableFuture().join()
              instanceof Receipt
          && ledger.commit(Entry.of(Samples.leaf(), revocation)).toCompletableFuture().join()
              instanceof Receipt) {
        out.println("revoked " + block.index(0).number() + " .");
      }
      StatusSnapshot snapshot = snapshot(ledger, block);
      out.println(
          "snapshot "
              + snapshot.at().toEpochMilli()
              + " "
              + snapshot.treeSize()
              + " "
              + snapshot.root().hex()
              + " .");
    }
  }

  private static StatusSnapshot snapshot(Ledger ledger, StatusBlock block) {
    try {
      return ledger.statusSnapshot(List.of(block.list()), Duration.ZERO);
    } catch (LedgerException e) {
      throw new IllegalStateException("the status lists must be read, and are not", e);
    }
  }

  /** Makes the checkpoint key that parent and children share. */
  static void makeKey(Path folder) throws IOException, GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair pair = generator.generateKeyPair();
    Files.write(folder.resolve("key.pkcs8"), pair.getPrivate().getEncoded());
    Files.write(folder.resolve("key.spki"), pair.getPublic().getEncoded());
  }

  static NoteSigner signer(Path folder) throws IOException, GeneralSecurityException {
    KeyFactory factory = KeyFactory.getInstance("EC");
    return KeyPairNoteSigner.of(
        Samples.ORIGIN,
        new KeyPair(
            factory.generatePublic(
                new X509EncodedKeySpec(Files.readAllBytes(folder.resolve("key.spki")))),
            factory.generatePrivate(
                new PKCS8EncodedKeySpec(Files.readAllBytes(folder.resolve("key.pkcs8"))))));
  }
}
