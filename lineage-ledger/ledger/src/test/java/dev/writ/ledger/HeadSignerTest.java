// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the signer never signs, and what does not end it. */
@Timeout(60)
class HeadSignerTest {
  private static final Head EMPTY = new Head(0, MerkleTree.emptyRoot());

  @TempDir Path folder;

  /** Signs, and counts; fails once with an error where it is told to. */
  private static final class CountingSigner implements NoteSigner {
    private final AtomicInteger signed = new AtomicInteger();
    private final AtomicBoolean failsOnce = new AtomicBoolean();

    @Override
    public NoteKey key() {
      return TestLedgers.SIGNER.key();
    }

    @Override
    public byte[] sign(byte[] text) throws NoteSigningException {
      if (failsOnce.getAndSet(false)) {
        throw new OutOfMemoryError("injected");
      }
      signed.incrementAndGet();
      return TestLedgers.SIGNER.sign(text);
    }
  }

  /** Neither that head is signed nor one after it, however often it is tried. */
  @Test
  void headThatItsLeavesDoNotGive_isNeverSigned() throws Exception {
    CountingSigner key = new CountingSigner();
    HeadSigner signer =
        new HeadSigner(
            Samples.ORIGIN,
            List.of(key),
            new RecentTree(new CompactRange()),
            new SignedHead(EMPTY, HeadSigner.sign(Samples.ORIGIN, EMPTY, List.of(key))),
            Cosigning.NONE,
            LedgerEvents.NONE);
    Thread thread = new Thread(signer);
    thread.start();
    CommittedBatch one = others(0, Samples.digest("one"));
    signer.committed(one);
    assertThat(await(signer.probe(Duration.ofSeconds(20)))).isEmpty();
    assertThat(signer.newest().head()).isEqualTo(one.head());
    int before = key.signed.get();

    CommittedBatch second = others(1, Samples.digest("one"), Samples.digest("two"));
    Head other = others(1, Samples.digest("one"), Samples.digest("another")).head();
    signer.committed(CommittedBatch.ofOthers(1, second.leafHashes(), other));
    for (int i = 0; i < 3; i++) {
      assertThat(await(signer.probe(Duration.ofSeconds(20))))
          .hasValueSatisfying(e -> assertThat(e.code()).isEqualTo("bug"));
    }
    signer.committed(second);
    signer.committed(
        CommittedBatch.ofOthers(
            2,
            List.of(Samples.digest("three")),
            others(2, Samples.digest("one"), Samples.digest("another"), Samples.digest("three"))
                .head()));
    assertThat(await(signer.probe(Duration.ofSeconds(20)))).isPresent();
    CompactRange many = new CompactRange();
    many.append(Samples.digest("many"));
    signer.committed(CommittedBatch.ofManyOthers(7, new RightEdge(many, List.of())));
    assertThat(await(signer.probe(Duration.ofSeconds(20)))).isPresent();
    assertThat(key.signed.get()).isEqualTo(before);
    assertThat(signer.newest().head()).isEqualTo(one.head());
    signer.end();
    thread.join();
  }

  /** The leaves from a place on, with the head that they all give. */
  private static CommittedBatch others(long first, Hash... all) {
    CompactRange range = new CompactRange();
    List.of(all).forEach(range::append);
    List<Hash> last = List.of(all).subList((int) first, all.length);
    return CommittedBatch.ofOthers(first, last, new Head(range.size(), range.root()));
  }

  @Test
  void keyThatFailsWithAnErrorOnce_laterEntriesAreAnswered() throws Exception {
    CountingSigner key = new CountingSigner();
    try (Ledger ledger = TestLedgers.open(folder, key)) {
      Receipt unused = receipt(commit(ledger, Samples.entry()));
      key.failsOnce.set(true);
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      Optional<LedgerException> well = await(ledger.probe());
      assertThat(well).isEmpty();
      assertThat(receipt(commit(ledger, Samples.entry())).index()).isEqualTo(2);
    }
  }
}
