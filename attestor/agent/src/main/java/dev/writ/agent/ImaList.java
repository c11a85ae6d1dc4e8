// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.ClockInfo;
import dev.writ.evidence.ImaFormat;
import dev.writ.evidence.ImaOutcome;
import dev.writ.evidence.ImaPosition;
import dev.writ.evidence.ImaReplay;
import dev.writ.evidence.ImaReplayed;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.VerifiedQuote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The kernel's measurement list as a service wants it: each entry once in a boot. How far the service
 * has come is remembered in a file, which is worth nothing more: without it, or with a wrong one, the
 * list is sent from its beginning.
 *
 * <pre>
 * size  field, big-endian
 *    4  reset count of the TPM
 *    4  restart count
 *    8  bytes of the list before the position
 *    n  {@link ImaPosition#encode}
 * </pre>
 */
final class ImaList {
  private static final int HEADER_BYTES = 16;

  /** The PCR that Linux measures to. */
  private static final int PCR = 10;

  private final MeasurementLogs.Source source;
  private final Path kept;

  /**
   * The list.
   *
   * @param kept where it is remembered how far the service has come; its folder exists
   */
  ImaList(MeasurementLogs.Source source, Path kept) {
    this.source = source;
    this.kept = kept;
  }

  /** Only who asks for PCR 10 can judge what was measured into it. */
  static boolean isAskedFor(PcrSelection selection) {
    return selection.banks().stream().anyMatch(bank -> bank.indices().contains(PCR));
  }

  /**
   * What is sent with a quote.
   *
   * @param segment entries from where the service has come on
   * @param reached what the service will then have, if it says yes
   */
  record Part(ImaSegment segment, Reached reached) {}

  /**
   * How far a service has come.
   *
   * @param resetCount of the boot, with {@code restartCount}
   * @param offset bytes of the list before the position
   */
  record Reached(int resetCount, int restartCount, long offset, ImaPosition position) {
    boolean isOf(ClockInfo clock) {
      return resetCount == (int) clock.resetCount() && restartCount == (int) clock.restartCount();
    }
  }

  /**
   * The entries to be sent with a quote, which was made before the list is read here: so the list has
   * all that the quote covers.
   *
   * @param anew from the first on, whatever was sent before
   */
  Optional<Part> after(VerifiedQuote quote, boolean anew) throws AttestationFailedException {
    ClockInfo clock = quote.clockInfo();
    Reached from =
        (anew ? Optional.<Reached>empty() : kept())
            .filter(known -> known.isOf(clock))
            .orElse(
                new Reached(
                    (int) clock.resetCount(), (int) clock.restartCount(), 0, ImaPosition.START));
    Optional<byte[]> entries = source.read(from.offset(), ImaSegment.MAX_LIST_BYTES);
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    ImaSegment segment =
        ImaSegment.of(from.position().entries(), ImaFormat.BINARY, TpmAlg.SHA1, entries.get());
    return Optional.of(new Part(segment, reached(from, segment, quote)));
  }

  /** As the service will find; what is wrong with the list is the service's to say. */
  private static Reached reached(Reached from, ImaSegment segment, VerifiedQuote quote) {
    try {
      ImaOutcome outcome = ImaReplay.resume(from.position(), segment, quote);
      return outcome instanceof ImaReplayed replayed
          ? new Reached(
              from.resetCount(),
              from.restartCount(),
              from.offset() + replayed.matchedBytes(),
              replayed.position())
          : from;
    } catch (MalformedEvidenceException e) {
      return from;
    }
  }

  /** Remembers how far the service has come. Where that fails, the next part is longer than need be. */
  void keep(Reached reached) {
    byte[] position = reached.position().encode();
    byte[] bytes =
        ByteBuffer.allocate(HEADER_BYTES + position.length)
            .putInt(reached.resetCount())
            .putInt(reached.restartCount())
            .putLong(reached.offset())
            .put(position)
            .array();
    Path next = kept.resolveSibling(kept.getFileName() + ".new");
    try {
      Path unused = Files.write(next, bytes);
      unused = Files.move(next, kept, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // Nothing depends on it.
    }
  }

  private Optional<Reached> kept() {
    try {
      byte[] bytes = Files.readAllBytes(kept);
      if (bytes.length <= HEADER_BYTES) {
        return Optional.empty();
      }
      ByteBuffer in = ByteBuffer.wrap(bytes);
      int resetCount = in.getInt();
      int restartCount = in.getInt();
      long offset = in.getLong();
      byte[] position = new byte[in.remaining()];
      in.get(position);
      return offset < 0
          ? Optional.empty()
          : Optional.of(new Reached(resetCount, restartCount, offset, ImaPosition.parse(position)));
    } catch (IOException | MalformedEvidenceException e) {
      return Optional.empty();
    }
  }
}
