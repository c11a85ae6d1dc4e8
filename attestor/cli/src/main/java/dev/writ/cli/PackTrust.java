// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.TrustSuccession;
import dev.writ.artifact.TrustedKey;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The trust files of a pack, believed for the sake of one that somebody has: those after it by their
 * operators' signatures, those before it because each names the one before by its digest.
 */
final class PackTrust {
  private final TrustFile first;
  private final TrustFile newest;
  private final NavigableMap<Long, TrustFile> byLeaf;

  private PackTrust(TrustFile first, TrustFile newest, NavigableMap<Long, TrustFile> byLeaf) {
    this.first = first;
    this.newest = newest;
    this.byLeaf = byLeaf;
  }

  /**
   * Follows a pack's trust files.
   *
   * @param believed may be believed, and must be among them
   * @throws MalformedPackException if one of them is another's
   */
  static PackTrust follow(PackContents contents, TrustFile believed) throws MalformedPackException {
    NavigableMap<Long, TrustFile> files = contents.trust();
    long known = believed.content().version();
    TrustFile there = files.get(known);
    if (there == null) {
      throw new MalformedPackException(
          PackNames.TRUST,
          "of versions with " + known + ", the one that is believed, among them",
          "of " + files.firstKey() + " to " + files.lastKey());
    }
    if (!there.digest().equals(believed.digest())) {
      throw new MalformedPackException(
          PackNames.trust(known),
          "the one that is believed, of SHA-256 " + believed.digest(),
          "of " + there.digest());
    }
    for (long version = known; version > files.firstKey(); version--) {
      TrustFile after = files.get(version);
      TrustFile before = files.get(version - 1);
      if (after == null
          || before == null
          || !after.content().previous().equals(Optional.of(before.digest()))) {
        throw new MalformedPackException(
            PackNames.trust(version - 1), "the one that version " + version + " names", "another");
      }
    }
    TrustFile first = pinned(files.firstEntry().getValue());
    TrustSuccession.Followed followed;
    try {
      followed =
          TrustSuccession.follow(
              first, version -> Optional.ofNullable(files.get(version)).map(TrustFile::toJson));
    } catch (IOException e) {
      throw new IllegalStateException("a bug: what is in memory can be read", e);
    }
    if (followed.newest().content().version() != files.lastKey()) {
      throw new MalformedPackException(
          PackNames.trust(followed.newest().content().version() + 1),
          "one that follows the one before it",
          followed.refused().orElse("missing"));
    }
    return new PackTrust(first, followed.newest(), byLeaf(contents, first));
  }

  private static TrustFile pinned(TrustFile file) throws MalformedPackException {
    try {
      return TrustFile.pinned(file.toJson(), file.digest());
    } catch (MalformedTrustFileException e) {
      throw new MalformedPackException(
          PackNames.TRUST, "trust files", String.valueOf(e.getMessage()));
    }
  }

  private static NavigableMap<Long, TrustFile> byLeaf(PackContents contents, TrustFile first)
      throws MalformedPackException {
    NavigableMap<Long, TrustFile> byLeaf = new TreeMap<>();
    byLeaf.put(-1L, first);
    NavigableMap<Long, TrustFile> files = contents.trust();
    Set<Long> known = new TreeSet<>(Set.of(files.firstKey()));
    for (Map.Entry<Long, PackContents.Packed> leaf : contents.leaves().entrySet()) {
      Optional<TrustReference> published =
          TrustReference.publishedBy(leaf.getValue().leaf().body());
      if (published.isPresent() && published.get().version() > first.content().version()) {
        TrustFile file = files.get(published.get().version());
        if (file == null || !file.digest().equals(published.get().digest())) {
          throw new MalformedPackException(
              PackNames.trust(published.get().version()),
              "the one that leaf " + leaf.getKey() + " publishes",
              file == null ? "missing" : "another");
        }
        TrustFile unused = byLeaf.put(leaf.getKey(), pinned(file));
        known.add(file.content().version());
      }
    }
    for (long version : files.keySet()) {
      if (!known.contains(version)) {
        throw new MalformedPackException(
            PackNames.trust(version),
            "published by a leaf of the pack: without it what is of after would be judged by the one before",
            "published by none");
      }
    }
    return byLeaf;
  }

  /** The one that the others follow. */
  TrustFile first() {
    return first;
  }

  TrustFile newest() {
    return newest;
  }

  /** Which was the newest when a leaf was made; of before all that were published, the first. */
  TrustContent at(long leafIndex) {
    return fileAt(leafIndex).content();
  }

  TrustFile fileAt(long leafIndex) {
    return byLeaf.lowerEntry(leafIndex).getValue();
  }

  /**
   * Whether the log and its witnesses signed the pack's checkpoint, by the newest trust file: with a key of
   * the log whose window was open when the newest leaf here was made, or opened later.
   */
  CheckpointOutcome verifyCheckpoint(PackContents contents) {
    BundleVerifier verifier = BundleVerifier.of(newest);
    Instant from = contents.leaves().lastEntry().getValue().leaf().time();
    CheckpointOutcome outcome = verifier.verifyCheckpoint(contents.note(), from);
    for (TrustedKey key : newest.content().keysOf(KeyRole.CHECKPOINT)) {
      if (outcome instanceof CheckpointOutcome.Refused && key.nbf().isAfter(from)) {
        outcome = verifier.verifyCheckpoint(contents.note(), key.nbf());
      }
    }
    return outcome;
  }

  /** Whether that is certain, and not what came in the place of versions that are not here. */
  boolean isKnownAt(long leafIndex) {
    return byLeaf.lowerKey(leafIndex) >= 0 || first.content().version() == 1;
  }

  /** The content that an operation names, by the digest of what its operators sign. */
  Optional<TrustContent> signed(PackContents contents, Hash digest) {
    return contents.trust().values().stream()
        .map(TrustFile::content)
        .filter(content -> Hash.sha256(content.signingInput()).equals(digest))
        .findFirst();
  }
}
