# Reliability of planted_answers.py by psych: Rscript psych.R (in this folder; some seconds)
# Made with R 4.2.2, psych 2.2.9 and jsonlite (Debian: r-base-core, r-cran-psych, r-cran-jsonlite).
suppressMessages({ library(psych); library(jsonlite) })

answers <- read.csv("answers.csv", colClasses = c("integer", "character"))
digits <- do.call(rbind, lapply(strsplit(answers$ratings, ""), as.integer))
contexts <- unique(answers$context)
values <- list(much = 1:4, little = 5:7, noise = 8:10)

of_items <- function(items, context)
  suppressWarnings(alpha(digits[answers$context == context, items], warnings = FALSE))$total$raw_alpha

# lmer = FALSE: by mean squares; otherwise a negative component is set to zero
of_means <- function(items, type) {
  means <- sapply(contexts, function(context) rowMeans(digits[answers$context == context, items]))
  found <- ICC(means, lmer = FALSE)$results
  found$ICC[found$type == type]
}

readouts <- read.csv("readouts.csv")
agreement <- function(pair) {
  both <- na.omit(readouts[pair])
  table <- table(factor(both[[1]], 1:6), factor(both[[2]], 1:6))
  found <- cohen.kappa(matrix(table, 6, 6))
  list(readouts = pair, kappa = found$kappa, weighted_kappa = found$weighted.kappa)
}

figures <- list(
  versions = list(R = paste(R.version$major, R.version$minor, sep = "."), psych = as.character(packageVersion("psych"))),
  alpha = lapply(values, function(items) sapply(contexts, function(context) of_items(items, context))),
  icc_a1 = lapply(values, of_means, "ICC2"),
  kappa = combn(names(readouts), 2, agreement, simplify = FALSE)
)
write(toJSON(figures, auto_unbox = TRUE, pretty = TRUE, digits = I(15)), "psych.json")
