// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What changed between two boots, in words that a person acts on: which event, in which PCR, is what
 * and was what.
 *
 * <p>Where both logs are verified, each change is one of the machine and not of the log. Names that no
 * digest covers, such as paths, come last, in quotation marks, as what the log says. A version is told
 * where one was measured, as of firmware and of shim's revocations, and is otherwise not known: of an
 * image there is a digest and no more.
 */
public final class BootLogDiff {
  /** Where loaders measure: told by what they say of it; all others by event type and place. */
  private static final Set<Integer> LOADERS = Set.of(8, 9, 11, 12, 13, 14);

  private static final String COMMAND_LINE = BootMeasurement.Kind.COMMAND_LINE.label() + " ";

  /** Changes of one PCR that are told. */
  private static final int MAX_TOLD = 20;

  /** UTF-16 units of a log's own words that are told. */
  private static final int MAX_QUOTED = 256;

  private static final int MAX_TEXT = 1024;

  /**
   * A change.
   *
   * @param pcr the PCR that it changed, 0 to 23
   * @param text what was and what is
   */
  public record Change(int pcr, String text) {}

  private final ReplayedBootLog before;
  private final ReplayedBootLog now;
  private final List<Change> changes = new ArrayList<>();

  private BootLogDiff(ReplayedBootLog before, ReplayedBootLog now) {
    this.before = before;
    this.now = now;
  }

  /** The changes from one boot to a later one, by PCR; none where both measured the same. */
  public static List<Change> between(ReplayedBootLog before, ReplayedBootLog now) {
    BootLogDiff diff = new BootLogDiff(before, now);
    Set<Integer> then = judged(before);
    Set<Integer> here = judged(now);
    for (int pcr = 0; pcr < PcrSelection.PCRS; pcr++) {
      if (then.contains(pcr) && here.contains(pcr)) {
        diff.capped(pcr);
      }
    }
    diff.notQuoted(here, then, "then");
    diff.notQuoted(then, here, "now");
    return Collections.unmodifiableList(diff.changes);
  }

  /** The PCRs that changes changed, lowest first. */
  public static Set<Integer> pcrs(List<Change> changes) {
    Set<Integer> pcrs = new TreeSet<>();
    changes.forEach(change -> pcrs.add(change.pcr()));
    return Collections.unmodifiableSet(pcrs);
  }

  /** PCRs of which there is a value that the log is to explain. */
  private static Set<Integer> judged(ReplayedBootLog log) {
    Set<Integer> pcrs = new TreeSet<>();
    log.results().forEach(result -> pcrs.add(result.pcr().index()));
    return pcrs;
  }

  private void notQuoted(Set<Integer> of, Set<Integer> over, String when) {
    SortedSet<Integer> alone = new TreeSet<>(of);
    alone.removeAll(over);
    if (!alone.isEmpty()) {
      add(
          alone.first(),
          "PCRs " + alone + " were not quoted " + when + ": nothing is said of what changed there");
    }
  }

  /** What fills one PCR must not hide what there is to say of another. */
  private void capped(int pcr) {
    int first = changes.size();
    pcr(pcr);
    int more = changes.size() - first - MAX_TOLD;
    if (more > 0) {
      changes.subList(first + MAX_TOLD, changes.size()).clear();
      add(pcr, more + " more changes in PCR " + pcr);
    }
  }

  private void pcr(int pcr) {
    if (before.explains(pcr) != now.explains(pcr)) {
      add(
          pcr,
          now.explains(pcr)
              ? "the log explains PCR " + pcr + ", and did not"
              : "the log explains PCR " + pcr + " no more" + whyNot(pcr));
      return;
    }
    if (!now.explains(pcr)) {
      return;
    }
    int told = changes.size();
    if (pcr == SecureBootReader.PCR) {
      SecureBootDiff.between(before.secureBoot().orElseThrow(), now.secureBoot().orElseThrow())
          .forEach(text -> add(pcr, text));
    } else if (pcr == BootMeasurementReader.APPLICATIONS_PCR) {
      images();
    } else if (LOADERS.contains(pcr)) {
      measurements(pcr);
    } else {
      firmware(pcr);
    }
    // Such as another order of the same measurements.
    if (changes.size() == told && !sameDigests(pcr)) {
      add(pcr, "PCR " + pcr + " has the same measurements in another order or number");
    }
  }

  private String whyNot(int pcr) {
    return now.results().stream()
        .filter(result -> result.pcr().index() == pcr && !result.matches())
        .map(result -> ": " + result.message())
        .findFirst()
        .orElse("");
  }

  private boolean sameDigests(int pcr) {
    return digestsOf(before, pcr).equals(digestsOf(now, pcr));
  }

  private static List<TpmDigest> digestsOf(ReplayedBootLog log, int pcr) {
    return log.events().stream()
        .filter(event -> event.pcr() == pcr)
        .flatMap(event -> log.digests(event).stream())
        .toList();
  }

  private void images() {
    List<BootImage> was = before.bootApplications();
    List<BootImage> is = now.bootApplications();
    for (int i = 0; i < Math.max(was.size(), is.size()); i++) {
      String application = "boot application " + (i + 1);
      if (i >= was.size()) {
        addImage(application + " is new: " + digest(is.get(i)) + path(is.get(i), "says"));
      } else if (i >= is.size()) {
        addImage(application + " is gone; it was " + digest(was.get(i)) + path(was.get(i), "said"));
      } else if (!was.get(i).digests().equals(is.get(i).digests())) {
        boolean samePath = was.get(i).path().equals(is.get(i).path());
        addImage(
            application
                + " is "
                + digest(is.get(i))
                + ", was "
                + digest(was.get(i))
                + path(is.get(i), "says")
                + (samePath ? "" : path(was.get(i), "said")));
      }
    }
  }

  private void addImage(String text) {
    add(BootMeasurementReader.APPLICATIONS_PCR, text);
  }

  private static String digest(BootImage image) {
    return "digest " + shown(image.digests());
  }

  private static String path(BootImage image, String says) {
    return image.path().map(path -> logSays(path, says)).orElse("");
  }

  /** Last, and marked: nothing vouches for these words. */
  private static String logSays(String words, String says) {
    return "; the log " + says + " " + quoted(words);
  }

  /** Firmware measures in one order: what stands at a place is compared with what stood there. */
  private void firmware(int pcr) {
    List<BootEvent> was = before.events().stream().filter(e -> e.pcr() == pcr).toList();
    List<BootEvent> is = now.events().stream().filter(e -> e.pcr() == pcr).toList();
    Map<String, Place> old = byPlace(before, was);
    Map<String, Place> young = byPlace(now, is);
    Set<String> names = new LinkedHashSet<>(young.keySet());
    names.addAll(old.keySet());
    for (String name : names) {
      Optional<Place> there = Optional.ofNullable(old.get(name));
      Optional<Place> here = Optional.ofNullable(young.get(name));
      boolean told =
          there.isPresent()
              && here.isPresent()
              && there.get().text().isPresent()
              && here.get().text().isPresent()
              && !there.get().digests().equals(here.get().digests());
      if (told) {
        add(
            pcr,
            name
                + " is "
                + quoted(here.get().text().orElseThrow())
                + ", was "
                + quoted(there.get().text().orElseThrow()));
      } else {
        changed(pcr, name, there.map(Place::digests), here.map(Place::digests));
      }
    }
  }

  private static String quoted(String text) {
    return "\"" + ShownText.of(ends(text.strip()), 2 * MAX_QUOTED).replace('"', '\'') + "\"";
  }

  /** Beginning and end: what is appended to a long line is what changes it. */
  private static String ends(String text) {
    int half = MAX_QUOTED / 2;
    return text.length() <= MAX_QUOTED
        ? text
        : text.substring(0, half) + " … " + text.substring(text.length() - half);
  }

  /** What stands at a place; the text where the event is one. */
  private record Place(List<TpmDigest> digests, Optional<String> text) {}

  private static Map<String, Place> byPlace(ReplayedBootLog log, List<BootEvent> events) {
    Map<String, Place> places = new LinkedHashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (BootEvent event : events) {
      places.put(
          numbered(BootEventWords.name(event), counts),
          new Place(log.digests(event), BootEventWords.version(event)));
    }
    return places;
  }

  /** The name, and from its second use on which use it is. */
  private static String numbered(String name, Map<String, Integer> counts) {
    int count = counts.merge(name, 1, Integer::sum);
    return count == 1 ? name : name + ", its number " + count;
  }

  /** Loaders measure as much as they find: what is new is told, and what is gone. */
  private void measurements(int pcr) {
    Map<String, List<TpmDigest>> old = byName(before, pcr);
    Map<String, List<TpmDigest>> young = byName(now, pcr);
    Set<String> names = new LinkedHashSet<>(young.keySet());
    names.addAll(old.keySet());
    commandLine(pcr, old.keySet(), young.keySet()).forEach(names::remove);
    for (String name : names) {
      Optional<List<TpmDigest>> was = Optional.ofNullable(old.get(name));
      Optional<List<TpmDigest>> is = Optional.ofNullable(young.get(name));
      if (was.isEmpty() && is.isPresent()) {
        add(pcr, "digest " + shown(is.get()) + " is new" + logSays(name, "says"));
      } else if (is.isEmpty() && was.isPresent()) {
        add(pcr, "digest " + shown(was.get()) + " is gone" + logSays(name, "said"));
      } else if (!was.equals(is)) {
        add(
            pcr,
            "digest "
                + shown(is.orElseThrow())
                + " is in place of "
                + shown(was.orElseThrow())
                + logSays(name, "says"));
      }
    }
  }

  /** One line in place of one other is one change, and not two; the names of what was told so. */
  private List<String> commandLine(int pcr, Set<String> old, Set<String> young) {
    List<String> gone = commandLines(old, young);
    List<String> come = commandLines(young, old);
    if (gone.size() != 1 || come.size() != 1) {
      return List.of();
    }
    int label = COMMAND_LINE.length();
    add(
        pcr,
        "the kernel's command line is "
            + quoted(come.get(0).substring(label))
            + ", was "
            + quoted(gone.get(0).substring(label)));
    return List.of(gone.get(0), come.get(0));
  }

  private static List<String> commandLines(Set<String> of, Set<String> over) {
    return of.stream()
        .filter(name -> name.startsWith(COMMAND_LINE) && !over.contains(name))
        .toList();
  }

  private static Map<String, List<TpmDigest>> byName(ReplayedBootLog log, int pcr) {
    Map<String, List<TpmDigest>> names = new LinkedHashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (BootMeasurement measurement : log.measurements()) {
      if (measurement.pcr() == pcr) {
        names.put(numbered(BootEventWords.name(measurement), counts), measurement.digests());
      }
    }
    return names;
  }

  private void changed(
      int pcr, String name, Optional<List<TpmDigest>> was, Optional<List<TpmDigest>> is) {
    if (was.equals(is)) {
      return;
    }
    if (was.isEmpty()) {
      add(pcr, name + " is new: " + shown(is.orElseThrow()));
    } else if (is.isEmpty()) {
      add(pcr, name + " is gone; it was " + shown(was.get()));
    } else {
      add(pcr, name + " is " + shown(is.get()) + ", was " + shown(was.get()));
    }
  }

  private static String shown(List<TpmDigest> digests) {
    return digests.isEmpty() ? "nothing" : ShownText.start(digests.get(0).value().hex());
  }

  private void add(int pcr, String text) {
    changes.add(new Change(pcr, ShownText.of(text, MAX_TEXT)));
  }
}
