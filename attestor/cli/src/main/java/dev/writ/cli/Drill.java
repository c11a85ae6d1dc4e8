// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Sentence;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillCase;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.DrillResult;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Tries cases and judges them. A case passes where the spoiled attempt came to exactly its code, the
 * ledger has the leaf of it where there has to be one, and the same attempt unspoiled was allowed: so
 * neither a gateway that allows everything passes nor one that denies everything.
 */
final class Drill {
  private final Consumer<DrillCase> told;
  private final List<DrillCase> cases = new ArrayList<>();

  /** Something that is tried. */
  @FunctionalInterface
  interface Attempt {
    Came come() throws Exception;
  }

  /** Where the leaves are that denials leave. */
  interface Leaves {
    /** How many there are. */
    long size() throws IOException, CommandFailure;

    /** The denial of {@code request} with {@code code} at or after {@code from}. */
    Optional<Long> denial(long from, DenialCode code, Hash request)
        throws IOException, CommandFailure;
  }

  /**
   * One thing that is wrong.
   *
   * @param code what it must come to
   * @param fault in words
   * @param leaves where its leaf has to be; empty where it leaves none
   * @param reason the finer cause that the service has to tell; empty where the code says enough
   */
  record Spoiled(
      DenialCode code,
      String fault,
      Optional<Leaves> leaves,
      Optional<String> reason,
      Attempt attempt) {
    Spoiled(DenialCode code, String fault, Optional<Leaves> leaves, Attempt attempt) {
      this(code, fault, leaves, Optional.empty(), attempt);
    }

    Spoiled(DenialCode code, String fault, Attempt attempt) {
      this(code, fault, Optional.empty(), attempt);
    }

    /** What is {@code unverifiable} may be so for much: it must be for this. */
    static Spoiled unverifiable(String fault, String reason, Attempt attempt) {
      return new Spoiled(
          DenialCode.UNVERIFIABLE, fault, Optional.empty(), Optional.of(reason), attempt);
    }
  }

  /** An attempt that is made once, when it is first wanted; what it came to is told again. */
  static final class Once implements Attempt {
    private final Attempt attempt;
    private Optional<Came> came = Optional.empty();

    Once(Attempt attempt) {
      this.attempt = attempt;
    }

    @Override
    public Came come() {
      if (came.isEmpty()) {
        came = Optional.of(tried(attempt));
      }
      return came.get();
    }
  }

  /**
   * A drill that has tried nothing.
   *
   * @param told is told of each case once it is judged
   */
  Drill(Consumer<DrillCase> told) {
    this.told = told;
  }

  /**
   * Tries what is spoiled, then what is not: that it is allowed afterwards shows that the denials cost it
   * nothing.
   */
  void at(DrillDoor door, Attempt unspoiled, Spoiled... spoiled) {
    at(door, unspoiled, List.of(spoiled));
  }

  /** The same. */
  void at(DrillDoor door, Attempt unspoiled, List<Spoiled> spoiled) {
    List<Tried> tried = spoiled.stream().map(Drill::tried).toList();
    Came beside = tried(unspoiled);
    tried.forEach(each -> record(judged(door, each, beside)));
  }

  /** Lists what is not tried here. */
  void needsDemo(DrillDoor door, DenialCode code, String fault) {
    record(
        untried(
            door,
            code,
            fault,
            DrillResult.NEEDS_DEMO,
            "needs --demo: it would harm a service in use, or depends on its policy"));
  }

  /** Lists what cannot come at a door, and why. */
  void notApplicable(DrillDoor door, DenialCode code, String fault, String why) {
    record(untried(door, code, fault, DrillResult.NOT_APPLICABLE, why));
  }

  private static DrillCase untried(
      DrillDoor door, DenialCode code, String fault, DrillResult result, String why) {
    return new DrillCase(
        code,
        door,
        fault,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        result,
        Optional.of(why));
  }

  /** All that were judged, in their order. */
  List<DrillCase> cases() {
    return List.copyOf(cases);
  }

  private void record(DrillCase judged) {
    cases.add(judged);
    told.accept(judged);
  }

  /** What a spoiled attempt came to, and the leaf that it left. */
  private record Tried(Spoiled spoiled, Came came, Optional<Long> leaf) {}

  private static Tried tried(Spoiled spoiled) {
    Optional<Long> leaf = Optional.empty();
    Came came;
    try {
      long from = spoiled.leaves().isPresent() ? spoiled.leaves().get().size() : 0;
      came = tried(spoiled.attempt());
      if (spoiled.leaves().isPresent()
          && came instanceof Came.Denied denied
          && denied.request().isPresent()) {
        leaf = spoiled.leaves().get().denial(from, denied.code(), denied.request().get());
      }
    } catch (IOException | CommandFailure e) {
      came = new Came.Otherwise("the ledger cannot be read: " + Sentence.of(e));
    }
    return new Tried(spoiled, came, leaf);
  }

  /** One case that cannot be tried leaves the others to be. */
  private static Came tried(Attempt attempt) {
    try {
      return attempt.come();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Came.Otherwise("interrupted");
    } catch (Exception e) {
      return new Came.Otherwise("failed: " + Sentence.of(e));
    }
  }

  private static DrillCase judged(DrillDoor door, Tried tried, Came beside) {
    Spoiled spoiled = tried.spoiled();
    DrillResult result = DrillResult.FAILED;
    Optional<String> why;
    if (!isDenied(tried.came(), spoiled.code())) {
      why = Optional.of("it must come to " + spoiled.code().wire() + ", and did not");
    } else if (spoiled.reason().isPresent() && !spoiled.reason().equals(reason(tried.came()))) {
      why =
          Optional.of(
              "it must be for "
                  + spoiled.reason().get()
                  + ", and is for "
                  + reason(tried.came()).orElse("nothing that was told"));
    } else if (spoiled.leaves().isPresent() && tried.leaf().isEmpty()) {
      why = Optional.of("the ledger must have the denial's leaf, and has not");
    } else if (beside instanceof Came.Allowed) {
      result = DrillResult.PASSED;
      why = Optional.empty();
    } else {
      why = Optional.of("the same unspoiled must be allowed, and was not");
    }
    return new DrillCase(
        spoiled.code(),
        door,
        spoiled.fault(),
        Optional.of(tried.came().word()),
        Optional.of(beside.word()),
        tried.leaf(),
        result,
        why);
  }

  private static Optional<String> reason(Came came) {
    return came instanceof Came.Denied denied ? denied.reason() : Optional.empty();
  }

  private static boolean isDenied(Came came, DenialCode code) {
    return came instanceof Came.Denied denied && denied.code() == code;
  }
}
