// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes part of a graph in another's format: canonical JSON, the same twice. */
public final class LineageExport {
  /** Who makes these documents, as Attestation Results name the software too. */
  static final String PRODUCER = "https://writ.example/software";

  private LineageExport() {}

  /**
   * The leaves of {@code graph} in {@code format}; each document ends with a newline.
   *
   * @throws IllegalArgumentException if leaves were left out of the graph
   */
  public static byte[] of(Lineage lineage, LineageGraph graph, ExportFormat format)
      throws IOException {
    if (graph.leavesLeftOut() > 0) {
      throw new IllegalArgumentException(
          "an export must be whole, of at most "
              + Lineage.MAX_ANSWER
              + " leaves, and "
              + graph.leavesLeftOut()
              + " more belong to it: ask for a shorter range");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] document : documents(lineage, graph, format)) {
      out.writeBytes(document);
      out.write('\n');
    }
    return out.toByteArray();
  }

  private static List<byte[]> documents(Lineage lineage, LineageGraph graph, ExportFormat format)
      throws IOException {
    if (format == ExportFormat.PROV) {
      return List.of(ProvDocument.of(graph));
    }
    List<byte[]> documents = new ArrayList<>();
    for (LineageGraph.ProvenLeaf proven : graph.leaves()) {
      Optional<Leaf> leaf = lineage.leaf(proven.index());
      if (leaf.isPresent()) {
        IndexedLeaf indexed = new IndexedLeaf(proven.index(), leaf.get());
        Optional<byte[]> document =
            format == ExportFormat.OPENLINEAGE
                ? OpenLineageEvents.of(lineage, indexed)
                : InTotoStatements.of(lineage, indexed, format);
        document.ifPresent(documents::add);
      }
    }
    return documents;
  }

  /**
   * The first leaf that ended an artifact, as a member of what is told of its allow; where none did for certain,
   * the first that may have, which is told apart and counts as much.
   */
  static Map<String, Object> withdrawn(Lineage lineage, long allow) throws IOException {
    List<Withdrawal> withdrawals = lineage.withdrawals(allow);
    Optional<Withdrawal> certain = withdrawals.stream().filter(Withdrawal::isCertain).findFirst();
    return certain.isPresent()
        ? Map.of("withdrawn_by", certain.get().leaf())
        : withdrawals.stream()
            .findFirst()
            .<Map<String, Object>>map(some -> Map.of("may_be_withdrawn_by", some.leaf()))
            .orElse(Map.of());
  }

  /** A URI for a log, which has a name and not always an address. */
  static String logUri(String origin) {
    return "urn:writ:log:" + Hash.sha256(origin.getBytes(StandardCharsets.UTF_8)).hex();
  }
}
