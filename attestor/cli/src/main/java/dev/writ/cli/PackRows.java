// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.LeafBody;
import dev.writ.ledger.Host;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows of a pack that no leaf spells, held against the leaves of which they are. */
final class PackRows {
  private final PackContents contents;
  private final List<String> wrong = new ArrayList<>();

  private PackRows(PackContents contents) {
    this.contents = contents;
  }

  /** What is wrong with them, as far as leaves and payloads that are here say it. */
  static List<String> wrong(PackContents contents) {
    PackRows rows = new PackRows(contents);
    contents.question().hosts().forEach(rows::host);
    contents.question().keys().forEach(rows::key);
    rows.bootLogs();
    return rows.wrong;
  }

  private void host(Host host) {
    boolean enrolled =
        Optional.ofNullable(contents.leaves().get(host.leafIndex()))
            .map(packed -> packed.leaf().body())
            .filter(
                body ->
                    body instanceof LeafBody.Enrolment enrolment
                        && enrolment.akNameDigest().equals(Hash.sha256(host.akName().bytes()))
                        && enrolment.ekDigest().equals(host.ekDigest()))
            .isPresent();
    if (!enrolled) {
      wrong.add("the host " + host.name() + " must be the one that its leaf enrolled, and is not");
    }
  }

  private void key(InstanceKey key) {
    Optional<Hash> enrolment =
        contents.question().hosts().stream()
            .filter(host -> host.akName().equals(key.akName()))
            .map(host -> contents.leaves().get(host.leafIndex()))
            .flatMap(Stream::ofNullable)
            .map(packed -> packed.leaf().hash())
            .findFirst();
    boolean ofHost =
        Optional.ofNullable(contents.leaves().get(key.leafIndex()))
            .filter(packed -> PackedDecision.isOne(packed.leaf()))
            .filter(packed -> enrolment.filter(packed.leaf().parents()::contains).isPresent())
            .isPresent();
    if (!ofHost || !isAskedFor(key)) {
      wrong.add(
          "the instance key of leaf "
              + key.leafIndex()
              + " must be that of a decision on its host, and is not");
    }
  }

  /** Whether its leaf's request is bound to it; nobody can say where that was erased. */
  private boolean isAskedFor(InstanceKey key) {
    try {
      return contents
          .payload(key.leafIndex())
          .flatMap(PackedDecision::read)
          .map(decision -> decision.request().jkt().equals(key.jkt()))
          .orElse(true);
    } catch (LedgerException e) {
      return false;
    }
  }

  /** A log that no Evidence here names would be anybody's, and a decision's own must be named by it. */
  private void bootLogs() {
    Set<Hash> named = new HashSet<>();
    for (long at : contents.asked().keySet()) {
      try {
        contents
            .payload(at)
            .flatMap(PackedDecision::read)
            .flatMap(PackedDecision::bootLog)
            .ifPresent(named::add);
      } catch (LedgerException e) {
        wrong.add(String.valueOf(e.getMessage()));
      }
    }
    for (PackQuestion.BootLogRow row : contents.question().bootLogs()) {
      String name = PackNames.bootLog(row.leafIndex());
      PackMembers.@Nullable Member log = contents.members().members().get(name);
      if (log == null || !named.contains(log.sha256())) {
        wrong.add(name + " must be a boot log that the Evidence of a decision names, and is not");
      }
    }
  }
}
