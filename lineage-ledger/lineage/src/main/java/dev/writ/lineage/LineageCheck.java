// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;

/**
 * Checks a range of leaves against {@link Rule}s. Parents are looked for in the whole log, so that what comes
 * from before the range is no finding.
 */
public final class LineageCheck {
  /** Most findings told; others are counted. */
  public static final int MAX_FINDINGS = 1000;

  /** Rules without which a leaf hangs on nothing that says who did it. */
  private static final Set<Rule> UNATTRIBUTED =
      EnumSet.of(
          Rule.LEAF_READABLE,
          Rule.PARENT_PRESENT,
          Rule.PARENT_EARLIER,
          Rule.PARENT_KIND,
          Rule.OUTCOME_COMPLETE,
          Rule.OPERATION_PROPOSED);

  private final Lineage lineage;
  private final List<Finding> findings = new ArrayList<>();
  private long leftOut;
  private long outcomes;
  private long complete;
  private final Set<Long> orphans = new HashSet<>();

  private LineageCheck(Lineage lineage) {
    this.lineage = lineage;
  }

  /**
   * What was found.
   *
   * @param start first leaf of the range
   * @param end first leaf behind it
   * @param outcomes outcomes in it
   * @param complete those of them that have verification, artifact, allow and request
   * @param orphans leaves that do not lead to who did what they say, and under whose keys: they cannot be
   *     read, or lack, or come from another than, what their kind comes from
   * @param findings in the order of leaves
   * @param findingsLeftOut how many more there are
   */
  public record Report(
      long start,
      long end,
      long outcomes,
      long complete,
      long orphans,
      List<Finding> findings,
      long findingsLeftOut) {
    /** The report as given. */
    public Report {
      findings = List.copyOf(findings);
    }

    /** Whether every rule holds. */
    public boolean holds() {
      return findings.isEmpty();
    }

    /** The report as canonical JSON (RFC 8785). */
    public byte[] toJson() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("v", 1);
      map.put("range", Map.of("start", start, "end", end));
      map.put("holds", holds());
      map.put("outcomes", outcomes);
      map.put("outcomes_complete", complete);
      map.put("orphans", orphans);
      map.put("findings", findings.stream().map(Finding::toMap).toList());
      map.put("findings_left_out", findingsLeftOut);
      return Jcs.canonical(map);
    }
  }

  /**
   * Checks the leaves from {@code start} on, before {@code end}.
   *
   * @throws IndexOutOfBoundsException if the log has no such leaves
   */
  public static Report check(Lineage lineage, long start, long end) throws IOException {
    lineage.requireRange(start, end);
    LineageCheck check = new LineageCheck(lineage);
    LeafStream.each(lineage.source(), start, end, check::entry);
    return check.report(start, end);
  }

  /**
   * Checks these leaves.
   *
   * @param leaves at least one
   */
  public static Report check(Lineage lineage, SortedSet<Long> leaves) throws IOException {
    LineageCheck check = new LineageCheck(lineage);
    for (long at : leaves) {
      check.entry(at, lineage.source().entries(at, at + 1).get(0));
    }
    return check.report(leaves.first(), leaves.last() + 1);
  }

  private Report report(long start, long end) {
    return new Report(start, end, outcomes, complete, orphans.size(), findings, leftOut);
  }

  private void entry(long at, byte[] entry) throws IOException {
    once(at);
    Leaf leaf;
    try {
      leaf = Leaf.parse(entry);
    } catch (MalformedLeafException e) {
      add(new Finding.Unreadable(at, String.valueOf(e.getMessage())));
      return;
    }
    judge(new IndexedLeaf(at, leaf));
  }

  /** The rules that a leaf breaks; an outcome's, also if what it rests on is in doubt. */
  static List<Finding> of(Lineage lineage, IndexedLeaf leaf) throws IOException {
    LineageCheck check = new LineageCheck(lineage);
    check.once(leaf.index());
    check.judge(leaf);
    return check.findings;
  }

  private void judge(IndexedLeaf indexed) throws IOException {
    List<Finding> own = findingsOf(indexed);
    own.forEach(this::add);
    if (indexed.leaf().body() instanceof LeafBody.Outcome outcome) {
      outcomes++;
      Optional<String> missing = missing(indexed, own);
      if (missing.isPresent()) {
        add(new Finding.Orphan(indexed.index(), outcome.jti(), missing.get()));
      } else {
        complete++;
      }
    }
  }

  private void once(long at) {
    once(at, Rule.LEAF_ONCE, lineage.index().sameAs(at));
    once(at, Rule.ARTIFACT_ONCE, lineage.index().sameJtiAs(at));
  }

  private void once(long at, Rule rule, OptionalLong first) {
    if (first.isPresent()) {
      add(new Finding.Repeated(at, rule, first.getAsLong()));
    }
  }

  /** What is wrong with a leaf by itself and beside its parents. */
  private List<Finding> findingsOf(IndexedLeaf leaf) throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Hash parent : leaf.leaf().parents()) {
      OptionalLong at = lineage.ofLeaf(parent);
      if (at.isEmpty()) {
        findings.add(new Finding.MissingParent(leaf.index(), parent));
      } else if (at.getAsLong() >= leaf.index()) {
        findings.add(new Finding.LateParent(leaf.index(), at.getAsLong()));
      }
    }
    List<IndexedLeaf> parents = lineage.parents(leaf);
    // Without a parent that is missing its kind cannot be judged, and that it is missing is told.
    if (findings.isEmpty()) {
      findings.addAll(ParentKinds.judge(leaf, parents));
    }
    findings.addAll(Agreement.judge(leaf, parents, lineage.index()));
    findings.addAll(OpenedAgreement.judge(lineage, leaf, parents));
    findings.addAll(OutcomeVerification.judge(lineage, leaf, parents));
    return findings;
  }

  /**
   * What an outcome lacks. A decision's leaf is request, verification, decision and artifact at once, so that
   * they are there or not together, and in doubt if the leaf breaks a rule.
   */
  private Optional<String> missing(IndexedLeaf outcome, List<Finding> own) throws IOException {
    Optional<IndexedLeaf> allow =
        lineage.parents(outcome).stream()
            .filter(parent -> parent.leaf().kind() == LeafKind.DECISION_ALLOW)
            .findFirst();
    if (allow.isEmpty()) {
      return Optional.of("no parent of it is a decision.allow");
    }
    if (!own.isEmpty()) {
      return Optional.of("its own leaf breaks " + own.get(0).rule().wire());
    }
    List<Finding> ofAllow = findingsOf(allow.get());
    if (lineage.index().sameJtiAs(allow.get().index()).isPresent()) {
      return Optional.of(
          "its allow, leaf " + allow.get().index() + ", breaks " + Rule.ARTIFACT_ONCE.wire());
    }
    return ofAllow.stream()
        .findFirst()
        .map(
            finding ->
                "its allow, leaf " + allow.get().index() + ", breaks " + finding.rule().wire());
  }

  private void add(Finding finding) {
    if (UNATTRIBUTED.contains(finding.rule())) {
      orphans.add(finding.leaf());
    }
    if (findings.size() < MAX_FINDINGS) {
      findings.add(finding);
    } else {
      leftOut++;
    }
  }
}
