// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.MalformedOutcomeException;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.PrivateFolder;
import dev.writ.artifact.UuidV7;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where outcomes wait on disk while the service is away: a folder with a fixed number of places, which
 * any number of processes use at once.
 *
 * <p>A place is reserved before anything runs, so that what has run can always be told. It is the
 * reserving process's until it is filled, and free when that process ends without. The package's page
 * has the files.
 */
public final class OutcomeSpool {
  private static final String RESERVED = ".reserved";
  private static final String WAITING = ".outcome";
  private static final String BAD = ".bad";

  /** Whoever takes outcomes, such as {@link HttpServiceEndpoint#report}. */
  public interface Recipient {
    /**
     * Reports how an execution ended. The same statement may come again.
     *
     * @return where the ledger says so
     * @throws IOException if the service cannot be reached or its answer cannot be read
     */
    Answer<Long> report(OutcomeStatement statement) throws IOException;
  }

  private final PrivateFolder folder;
  private final int places;
  private final InstantSource clock;
  private final SecureRandom random;

  private OutcomeSpool(PrivateFolder folder, int places, InstantSource clock, SecureRandom random) {
    this.folder = folder;
    this.places = places;
    this.clock = clock;
    this.random = random;
  }

  /**
   * The spool in {@code folder}, which is made if it is missing, mode 0700.
   *
   * @param folder its parent exists
   * @param places how many outcomes may wait, at least 1
   * @param clock orders outcomes by when their executions began
   * @throws IOException if the folder is another user's or open to others, cannot be written, or has no
   *     room
   */
  public static OutcomeSpool open(Path folder, int places, InstantSource clock, SecureRandom random)
      throws IOException {
    if (places < 1) {
      throw new IllegalArgumentException("a spool must have at least 1 place, has " + places);
    }
    return new OutcomeSpool(PrivateFolder.open(folder), places, clock, random);
  }

  /** Takes a place, durably, and its room on the disk. */
  public Reservation reserve() {
    try {
      return folder.locked(this::reserveLocked);
    } catch (IOException e) {
      return new Reservation.Unavailable(
          "the spool " + folder + " must be writable and have room, and is not: " + Sentence.of(e));
    }
  }

  private Reservation reserveLocked() throws IOException {
    int taken = 0;
    for (String name : folder.names()) {
      boolean counts =
          name.endsWith(WAITING)
              || name.endsWith(BAD)
              || (name.endsWith(RESERVED) && !removedAsStale(name));
      if (counts) {
        taken++;
      }
    }
    if (taken >= places) {
      return new Reservation.Full(places);
    }
    String name = UuidV7.next(clock, random).toString();
    SpoolFile file = SpoolFile.create(folder, name, RESERVED, OutcomeStatement.MAX_LENGTH);
    return new Reservation.Reserved(new OutcomeSlot(this, file));
  }

  /** Whether the reservation's process ended without filling it. */
  private boolean removedAsStale(String name) throws IOException {
    try (SpoolFile file = SpoolFile.tryOwn(folder, stem(name, RESERVED), RESERVED)) {
      if (file == null) {
        return false;
      }
      file.delete();
      return true;
    }
  }

  /** Under the lock, for who counts must see the file under the one name or the other. */
  void fill(SpoolFile file, OutcomeStatement statement) throws IOException {
    file.write(statement.compact().getBytes(StandardCharsets.US_ASCII));
    Path ignored =
        folder.locked(
            () -> {
              file.rename(WAITING);
              folder.sync();
              return file.path();
            });
  }

  /**
   * Sends what waits, oldest first. A statement that the service has, or will never take, leaves the
   * spool. Where the service cannot be reached, or asks to be asked later, it stays and no more are sent;
   * after any other denial it stays and the next is sent. A statement that another process or thread is
   * sending is left to it; one that is sent again by another does no harm.
   *
   * @param most how many are sent at most
   * @throws IOException if the spool cannot be read; what happened before is in it
   */
  public Delivery deliver(Recipient recipient, int most) throws IOException {
    Round round = new Round(recipient);
    List<String> waiting = new ArrayList<>();
    for (String name : folder.names()) {
      if (name.endsWith(WAITING)) {
        waiting.add(stem(name, WAITING));
      }
    }
    // Names begin with the time of the reservation.
    waiting.sort(null);
    for (String name : waiting) {
      if (round.sent == most || round.stopped.isPresent()) {
        break;
      }
      try (SpoolFile file = SpoolFile.tryOwn(folder, name, WAITING)) {
        if (file != null) {
          round.deliver(file);
        }
      }
    }
    return new Delivery(round.accepted, round.refused, round.setAside, round.stopped);
  }

  private static String stem(String name, String suffix) {
    return name.substring(0, name.length() - suffix.length());
  }

  /** One call of {@link #deliver}. */
  private static final class Round {
    private final Recipient recipient;
    private int sent;
    private int accepted;
    private final List<Delivery.Refused> refused = new ArrayList<>();
    private final List<Path> setAside = new ArrayList<>();
    private Optional<String> stopped = Optional.empty();

    Round(Recipient recipient) {
      this.recipient = recipient;
    }

    void deliver(SpoolFile file) throws IOException {
      OutcomeStatement statement;
      try {
        byte[] content = file.read(OutcomeStatement.MAX_LENGTH + 1);
        statement = OutcomeStatement.parse(new String(content, StandardCharsets.ISO_8859_1));
      } catch (IOException | MalformedOutcomeException e) {
        file.rename(BAD);
        setAside.add(file.path());
        return;
      }
      sent++;
      Answer<Long> answer;
      try {
        answer = recipient.report(statement);
      } catch (IOException e) {
        stopped = Optional.of("the service must be reached, and was not: " + Sentence.of(e));
        return;
      }
      if (answer instanceof Answer.Denied<Long> denied) {
        judge(file, statement, denied);
      } else {
        file.delete();
        accepted++;
      }
    }

    private void judge(SpoolFile file, OutcomeStatement statement, Answer.Denied<Long> denied)
        throws IOException {
      if (isFinal(denied)) {
        file.delete();
        refused.add(new Delivery.Refused(statement, denied));
      } else if (denied.retryAfter().isPresent()) {
        stopped =
            Optional.of("the service asks to be asked again after " + denied.retryAfter().get());
      }
    }

    /**
     * What the service said of the statement, and will say again. The time may come for one that is
     * ahead of the service's clock; what is unverifiable is not the statement's fault, with two
     * exceptions.
     */
    private static boolean isFinal(Answer.Denied<Long> denied) {
      return switch (denied.code()) {
        case NOT_YET_VALID -> false;
        case UNVERIFIABLE ->
            denied.reason().equals("artifact_erased")
                || denied.reason().equals("outcome_malformed");
        default -> denied.retryAfter().isEmpty();
      };
    }
  }
}
