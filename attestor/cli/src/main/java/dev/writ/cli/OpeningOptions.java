// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.MalformedOpeningException;
import dev.writ.lineage.Openings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What is known beside a log. */
final class OpeningOptions {
  @Option(
      names = "--open",
      paramLabel = "FILE|DIR",
      description = {
        "What is known beside the log: proof bundles, artifacts, or payloads that the service keeps. What a",
        "leaf has no digest or commitment of says nothing. May be given again; of a folder, its files."
      })
  List<Path> open = new ArrayList<>();

  Openings read() throws CommandFailure {
    Openings.Builder openings = new Openings.Builder();
    for (Path named : open) {
      for (Path file : files(named)) {
        try {
          openings.add(BoundedFile.read(file, Openings.MAX_BYTES));
        } catch (IOException | MalformedOpeningException e) {
          throw CommandFailure.configuration("the opening " + file, e);
        }
      }
    }
    return openings.build();
  }

  private static List<Path> files(Path named) throws CommandFailure {
    if (!Files.isDirectory(named)) {
      return List.of(named);
    }
    try (Stream<Path> files = Files.list(named)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw CommandFailure.configuration("the openings in " + named, e);
    }
  }
}
