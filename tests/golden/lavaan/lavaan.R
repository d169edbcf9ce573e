# Reference figures of the confirmatory factor analyses: Rscript lavaan.R ratings.csv indices.csv
# Made with R 4.2.2 and lavaan 0.6-14 (Debian: r-base-core, r-cran-lavaan). Takes some minutes: where the
# likelihood has no finite maximum, lavaan goes on for thousands of steps.
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(arguments[1], colClasses = "character")
digits <- do.call(rbind, lapply(strsplit(table$ratings, ""), as.integer))
colnames(digits) <- paste0("item", seq_len(ncol(digits)))
data <- as.data.frame(digits)

models <- list(
  conservation = "
    Security =~ item5 + item14 + item21 + item31 + item35
    Conformity =~ item7 + item16 + item28 + item36
    Tradition =~ item9 + item20 + item25 + item38",
  openness = "
    SelfDirection =~ item1 + item11 + item22 + item34
    Stimulation =~ item6 + item15 + item30
    Hedonism =~ item10 + item26 + item37",
  self_transcendence = "
    Benevolence =~ item12 + item18 + item27 + item33
    Universalism =~ item3 + item8 + item19 + item23 + item29 + item40",
  self_enhancement = "
    Achievement =~ item4 + item13 + item24 + item32
    Power =~ item2 + item17 + item39"
)

fitted <- function(model, own, start) {
  fit <- tryCatch(suppressWarnings(cfa(model, data = own, std.lv = TRUE, start = start)),
                  error = function(e) NULL)
  if (is.null(fit) || !lavInspect(fit, "converged")) NULL else fit
}

row <- function(sample, name) {
  own <- data[table$sample == sample, ]
  result <- data.frame(sample = sample, model = name, covariance = NA, loading = NA, cfi = NA, tli = NA,
                       rmsea = NA, srmr = NA, default_cfi = NA, problem = "fit_failed")
  default <- fitted(models[[name]], own, "default")
  if (!is.null(default)) result$default_cfi <- fitMeasures(default, "cfi")
  fits <- Filter(Negate(is.null), list(default, fitted(models[[name]], own, "simple")))
  if (length(fits) == 0) return(result)
  fit <- fits[[which.min(sapply(fits, fitMeasures, "fmin"))]]
  latent <- lavInspect(fit, "cov.lv")
  result$covariance <- max(abs(latent[lower.tri(latent)]))
  result$loading <- max(abs(lavInspect(fit, "std.all")$lambda))
  found <- fitMeasures(fit, c("cfi", "tli", "rmsea", "srmr"))
  result[, names(found)] <- found
  result$problem <- if (result$covariance >= 1) "latent_covariance" else if (result$loading >= 5) "no_finite_optimum" else ""
  result
}

samples <- unique(table$sample)
rows <- do.call(rbind, lapply(samples, function(s) do.call(rbind, lapply(names(models), function(m) row(s, m)))))
numbers <- sapply(rows, is.numeric)
rows[numbers] <- lapply(rows[numbers], function(x) ifelse(is.na(x), "", formatC(x, digits = 8, format = "f")))
write.csv(rows, arguments[2], row.names = FALSE, quote = FALSE)
