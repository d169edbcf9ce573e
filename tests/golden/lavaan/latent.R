# Latent correlations of each value between two contexts: Rscript latent.R ratings.csv latent.csv
# Made with R 4.2.2 and lavaan 0.6-14. Loadings are the same in both contexts, and each item's residuals
# correlate between them.
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(arguments[1], colClasses = "character")
wave <- function(sample, end) {
  digits <- do.call(rbind, lapply(strsplit(table$ratings[table$sample == sample], ""), as.integer))
  digits <- as.data.frame(digits - rowMeans(digits))
  setNames(digits, paste0("item", 1:40, end))
}
key <- list(
  `Self-Direction` = c(1, 11, 22, 34), Stimulation = c(6, 15, 30), Hedonism = c(10, 26, 37),
  Achievement = c(4, 13, 24, 32), Power = c(2, 17, 39), Security = c(5, 14, 21, 31, 35),
  Conformity = c(7, 16, 28, 36), Tradition = c(9, 20, 25, 38), Benevolence = c(12, 18, 27, 33),
  Universalism = c(3, 8, 19, 23, 29, 40))
pairs <- list(c("sig10_chess", "sig10_grammar"), c("sig10_history", "sig10_poem"))

rows <- NULL
for (pair in pairs) for (value in names(key)) {
  own <- cbind(wave(pair[1], "a"), wave(pair[2], "b"))
  items <- key[[value]]
  loading <- function(end) paste(sprintf("l%d*item%d%s", items, items, end), collapse = " + ")
  model <- paste(c(
    paste("A =~", loading("a")), paste("B =~", loading("b")), "A ~~ 1*A", "B ~~ NA*B",
    sprintf("item%da ~~ item%db", items, items)), collapse = "\n")
  fit <- suppressWarnings(cfa(model, data = own, auto.fix.first = FALSE, std.lv = FALSE))
  rows <- rbind(rows, data.frame(a = pair[1], b = pair[2], value = value,
                                 correlation = round(lavInspect(fit, "cor.lv")["A", "B"], 8),
                                 converged = lavInspect(fit, "converged")))
}
write.csv(rows, arguments[2], row.names = FALSE, quote = FALSE)
