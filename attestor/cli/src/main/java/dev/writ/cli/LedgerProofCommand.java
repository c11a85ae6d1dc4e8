// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TileTree;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ ledger proof}: that a leaf is in the log, or that the log grew from what it was. */
@Command(
    name = "proof",
    description = {
      "Prints a proof under the newest checkpoint, once it verified: c2sp.org/tlog-proof of a leaf, or with",
      "--from that the tree begins with the one of SIZE leaves, as c2sp.org/tlog-witness sends it: a line",
      "'old SIZE', the hashes, an empty line, the checkpoint."
    },
    mixinStandardHelpOptions = true)
final class LedgerProofCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LogOptions options = new LogOptions();

  @ArgGroup(multiplicity = "1")
  Of of = new Of();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** Of what. */
  static final class Of {
    @Option(names = "--index", paramLabel = "N", description = "Of the leaf at this place.")
    @Nullable Long index;

    @Option(
        names = "--leaf-hash",
        paramLabel = "HEX",
        description = "Of the newest leaf with this hash, looked for in all tiles.")
    @Nullable String leafHash;

    @Option(
        names = "--jti",
        paramLabel = "UUID",
        description = "Of the leaf that allowed this artifact, looked for in all entries.")
    @Nullable String jti;

    @Option(names = "--from", paramLabel = "SIZE", description = "Of the tree of SIZE leaves.")
    @Nullable Long from;
  }

  @Override
  public Integer call() throws CommandFailure {
    OpenedLog opened = options.open();
    if (of.from != null) {
      return consistency(opened, of.from);
    }
    long index = index(opened);
    return opened.reading(() -> inclusion(opened, index));
  }

  private int inclusion(OpenedLog opened, long index) throws IOException {
    VerifiedTiles tiles = opened.tiles();
    Hash leafHash;
    InclusionProof proof;
    try {
      TileTree tree = tiles.tree();
      leafHash = tree.leafHash(index);
      proof = tree.inclusionProof(index);
    } catch (MalformedTileException e) {
      throw proven(e);
    }
    requireProven(proof.verify(leafHash, tiles.root()));
    String text = TlogProof.of(proof, opened.note()).format();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("index", index);
    facts.put("leaf_hash", leafHash);
    return print(text, facts);
  }

  private int consistency(OpenedLog opened, long from) throws CommandFailure {
    long size = opened.checkpoint().size();
    if (from < 1 || from > size) {
      throw CommandFailure.invalid(
          "--from must be 1 to the checkpoint's size " + size + ", was " + from);
    }
    return opened.reading(
        () -> {
          VerifiedTiles tiles = opened.tiles();
          Hash older;
          ConsistencyProof proof;
          try {
            older = new TileTree(tiles, from).root();
            proof = tiles.tree().consistencyProof(from);
          } catch (MalformedTileException e) {
            throw proven(e);
          }
          requireProven(proof.verify(older, tiles.root()));
          StringBuilder text = new StringBuilder("old " + from + "\n");
          proof.path().forEach(hash -> text.append(hash.base64()).append('\n'));
          text.append('\n').append(opened.note().format());
          Map<String, Object> facts = new LinkedHashMap<>();
          facts.put("old", from);
          facts.put("old_root", older);
          return print(text.toString(), facts);
        });
  }

  private int print(String text, Map<String, Object> facts) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      facts.put("proof", text);
      out.println(Printer.json(facts));
    } else {
      out.print(text);
    }
    out.flush();
    return ExitStatus.DONE;
  }

  private long index(OpenedLog opened) throws CommandFailure {
    long size = opened.checkpoint().size();
    if (of.index != null) {
      if (of.index < 0 || of.index >= size) {
        throw CommandFailure.invalid("--index must be 0 to " + (size - 1) + ", was " + of.index);
      }
      return of.index;
    }
    String what = of.jti == null ? "of hash " + of.leafHash : "that allowed " + of.jti;
    OptionalLong found =
        of.jti == null ? byHash(opened, hash()) : byJti(opened, jti(String.valueOf(of.jti)));
    if (found.isEmpty()) {
      throw CommandFailure.invalid(
          "the log must have a leaf " + what + ", and has none among " + size);
    }
    return found.getAsLong();
  }

  private Hash hash() throws CommandFailure {
    try {
      return Hash.fromHex(String.valueOf(of.leafHash));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--leaf-hash: " + e.getMessage());
    }
  }

  private static UuidV7 jti(String text) throws CommandFailure {
    try {
      return UuidV7.parse(text);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--jti: " + e.getMessage());
    }
  }

  /** From the newest leaf back: who asks was given what they ask for not long ago. */
  private OptionalLong byHash(OpenedLog opened, Hash hash) throws CommandFailure {
    return opened.reading(
        () -> {
          VerifiedTiles tiles = opened.tiles();
          TileTree tree = tiles.tree();
          Progress progress = searching(opened);
          for (long index = tiles.size() - 1; index >= 0; index--) {
            progress.at(tiles.size() - index);
            try {
              if (tree.leafHash(index).equals(hash)) {
                return OptionalLong.of(index);
              }
            } catch (MalformedTileException e) {
              throw proven(e);
            }
          }
          return OptionalLong.empty();
        });
  }

  private OptionalLong byJti(OpenedLog opened, UuidV7 jti) throws CommandFailure {
    return opened.reading(
        () -> {
          VerifiedTiles tiles = opened.tiles();
          Progress progress = searching(opened);
          for (long bundle = (tiles.size() - 1) / LogWalk.BUNDLE; bundle >= 0; bundle--) {
            if (tiles.size() == 0) {
              break;
            }
            progress.at(tiles.size() - bundle * LogWalk.BUNDLE);
            List<byte[]> entries = tiles.entries(bundle);
            for (int row = entries.size() - 1; row >= 0; row--) {
              if (allows(entries.get(row), jti)) {
                return OptionalLong.of(bundle * LogWalk.BUNDLE + row);
              }
            }
          }
          return OptionalLong.empty();
        });
  }

  private Progress searching(OpenedLog opened) {
    return new Progress(spec.commandLine().getErr(), "searched", opened.checkpoint().size());
  }

  private static boolean allows(byte[] entry, UuidV7 jti) {
    try {
      return Leaf.parse(entry).body() instanceof LeafBody.DecisionAllow allow
          && allow.jti().equals(jti);
    } catch (MalformedLeafException e) {
      return false;
    }
  }

  private static IllegalStateException proven(MalformedTileException e) {
    return new IllegalStateException("bug: a tile that was proven could not be read", e);
  }

  private static void requireProven(ProofOutcome outcome) {
    if (outcome instanceof ProofOutcome.NotProven not) {
      throw new IllegalStateException("bug: a proof from proven tiles must hold: " + not.reason());
    }
  }
}
